import { render } from 'preact';
import { App } from './app.js';
import { embeddedEvaluations } from './evaluation-sources.js';
import { EvaluationApp } from './evaluation-app.js';
import { embeddedSource, serverSource } from './sources.js';

const root = document.getElementById('app');
const report = document.getElementById('report');
const evaluations = document.getElementById('evaluations');
if (root) {
  if (evaluations !== null) render(<EvaluationApp source={embeddedEvaluations(evaluations.textContent)} />, root);
  else render(<App source={report === null ? serverSource() : embeddedSource(report.textContent)} />, root);
}
