import { pairs, words } from './table.js';

/** Names of functions, mapped to the names used in evaluation. */
export const functions = pairs(`
  sin=sin cos=cos tan=tan cot=cot sec=sec csc=csc tg=tan ctg=cot cosec=csc cis=cis
  sinh=sinh cosh=cosh tanh=tanh coth=coth sech=sech csch=csch sh=sinh ch=cosh th=tanh
  arcsin=arcsin arccos=arccos arctan=arctan arccot=arccot arcsec=arcsec arccsc=arccsc arctg=arctan arcctg=arccot
  asin=arcsin acos=arccos atan=arctan arsinh=arsinh arcosh=arcosh artanh=artanh arcsinh=arsinh arccosh=arcosh
  arctanh=artanh exp=exp ln=ln log=log lg=log Re=Re Im=Im arg=arg Arg=arg sgn=sign sign=sign
  floor=floor ceil=ceil abs=abs max=max min=min gcd=gcd lcm=lcm det=det deg=deg dim=dim ker=ker tr=tr rank=rank
  inf=inf sup=sup Pr=Pr hom=hom
`);

/** What \sin^{-1} and the like mean. */
export const inverseOf = pairs(`
  sin=arcsin cos=arccos tan=arctan cot=arccot sec=arcsec csc=arccsc sinh=arsinh cosh=arcosh tanh=artanh
`);

/** Plain words that name a function. */
export const wordFunctions = words(`
  sin cos tan cot sec csc log ln exp arcsin arccos arctan sinh cosh tanh sqrt gcd lcm max min asin acos atan abs floor
  ceil cis mod
`);

/** Commands with a rule of their own in the parser. */
export const structural = words(`
  frac dfrac tfrac cfrac nicefrac sfrac flatfrac sqrt binom dbinom tbinom choose over atop
  infty pi emptyset varnothing begin end
  sum prod int oint iint lim overline bar hat vec tilde widehat overrightarrow overarc wideparen dot pmod bmod mod
  mathbb operatorname ldots dots cdots dotsm dotsc partial nabla ell hbar aleph triangle square star dagger top bot
  oplus otimes stackrel overset underset angle measuredangle forall exists frown
`);
