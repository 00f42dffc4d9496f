/** A typed name of a contract: the only place where a symbol meets its type. Equal across copies of the package. */
export interface Token<T> {
  readonly symbol: symbol;
  /** The slot's name in the configuration, for example `advantage`. */
  readonly slot: string;
  /** Carries the type; never present at run time. */
  readonly _type?: T;
}

export const createToken = <T>(slot: string): Token<T> => ({ symbol: Symbol.for(`open-reasoner-zero/${slot}`), slot });
