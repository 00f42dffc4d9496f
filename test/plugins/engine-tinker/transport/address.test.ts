import { describe, expect, it } from 'vitest';
import { serverAddress } from '../../../../plugins/engine-tinker/transport/address.js';
import { apiKeyIn } from '../../../../plugins/engine-tinker/transport/api-key.js';

const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return JSON.stringify([String(error), (error as { details?: unknown }).details]);
  }
  return '';
};

describe('serverAddress', () => {
  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000'],
    ['https://example.com/services/tinker-prod/', 'https://example.com/services/tinker-prod'],
  ])('of %s is %s', (text, expected) => {
    expect(serverAddress(text)).toBe(expected);
  });

  it.each(['', 'localhost', 'ftp://a', 'http://a/api/v1', 'http://a/?key=1', 'http://a/#b'])('refuses %j', (text) => {
    expect(() => serverAddress(text)).toThrow(expect.objectContaining({ code: 'ORZ_CONFIG_INVALID' }));
  });

  it('refuses secrets without showing them', () => {
    expect(messageOf(() => serverAddress('http://me:hidden@a'))).toMatch(/name or a password/);
    expect(messageOf(() => serverAddress('http://me:hidden@a'))).not.toContain('hidden');
  });
});

describe('apiKeyIn', () => {
  it('prefers the variable of this program', () => {
    expect(apiKeyIn({ TINKER_API_KEY: 'tml-a', ORZ_TINKER_API_KEY: 'b' })).toBe('b');
    expect(apiKeyIn({ TINKER_API_KEY: 'tml-a', ORZ_TINKER_API_KEY: '' })).toBe('tml-a');
    expect(apiKeyIn({})).toBeUndefined();
  });

  it.each(['secret\n', 'secret key', 'sécret'])('refuses what no header can hold, without showing it (%j)', (key) => {
    const message = messageOf(() => apiKeyIn({ TINKER_API_KEY: key }));
    expect(message).toContain('TINKER_API_KEY');
    expect(message).not.toContain('cret');
  });
});
