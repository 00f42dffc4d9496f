/** A typed key of a contract in the container: links a symbol to its type. Equal across copies of the package. */
export interface InjectionToken<T> {
  readonly symbol: symbol;
  /** The slot's name in the configuration, for example `advantage`. */
  readonly slot: string;
  /** Carries the type; never present at run time. */
  readonly _type?: T;
}

export const createInjectionToken = <T>(slot: string): InjectionToken<T> => ({
  symbol: Symbol.for(`open-reasoner-zero/${slot}`),
  slot,
});
