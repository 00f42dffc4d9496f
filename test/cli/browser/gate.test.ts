import { expect, it } from 'vitest';
import { Gate } from '../../../cli/browser/worker/gate.js';

it('what passes an open gate does not wait for a message loop each time', async () => {
  const gate = new Gate(() => 0);
  let turned = false;
  setTimeout(() => {
    turned = true;
  }, 0);
  for (let i = 0; i < 1000; i++) await gate.pass();
  expect(turned).toBe(false);
});

it('messages are let in every tenth of a second of work', async () => {
  let time = 0;
  const gate = new Gate(() => time);
  let turned = false;
  setTimeout(() => {
    turned = true;
  }, 0);
  time = 100;
  await gate.pass();
  expect(turned).toBe(true);
});

it('what meets a closed gate waits until it opens; the clock of the run stands still meanwhile', async () => {
  let time = 10;
  const waits: number[] = [];
  const gate = new Gate(
    () => time,
    () => waits.push(time),
  );
  gate.close();
  let passed = false;
  const passing = gate.pass().then(() => {
    passed = true;
  });
  time = 50;
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
  expect([passed, gate.closed, gate.now(), waits]).toEqual([false, true, 10, [10]]);
  gate.reopen();
  await passing;
  time = 60;
  expect([passed, gate.closed, gate.now()]).toEqual([true, false, 20]);
});

it('closing or opening twice is like once', async () => {
  let time = 0;
  const gate = new Gate(() => time);
  gate.reopen();
  gate.close();
  time = 5;
  gate.close();
  gate.reopen();
  gate.reopen();
  await gate.pass();
  expect(gate.now()).toBe(0);
});
