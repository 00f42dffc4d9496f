import { words } from './table.js';

/** Commands that only shape the page. */
export const ignored = words(`
  left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle
  displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits
  tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge
  quad qquad enspace enskip thinspace medspace thickspace negthinspace negmedspace negthickspace
  hfill hfil vfill newline linebreak noindent centering par
  boxed fbox framebox mathop mathrel mathbin mathord ldotp
  rm bf it sf tt bfseries itshape boldsymbol bm pmb
  mathbf mathit mathsf mathcal mathfrak mathscr mathtt
  ensuremath mathstrut strut nonumber notag allowbreak nobreak relax checkmark blacksquare therefore because
`);

/** Commands whose braces hold a measure or something that is not shown. */
export const hiddenGroups = words('hspace vspace phantom hphantom vphantom color label tag textcolor');

/** Commands whose braces hold words, not mathematics. */
export const textCommands = words(`
  text mbox hbox textbf textit textrm textnormal texttt textsf textup emph mathrm operatorname textsc underline
`);
