export { collectOap } from './dist/prometheus.js';
