import { render } from 'preact';
import { App } from './app.js';
import { embeddedSource, serverSource } from './sources.js';

const report = document.getElementById('report');
const root = document.getElementById('app');
if (root) render(<App source={report === null ? serverSource() : embeddedSource(report.textContent)} />, root);
