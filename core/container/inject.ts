// tsyringe reads decorator metadata through this polyfill, which must be loaded before it: import both from here.
import 'reflect-metadata';

export { container as rootContainer, inject, injectable, instanceCachingFactory } from 'tsyringe';
export type { DependencyContainer } from 'tsyringe';
