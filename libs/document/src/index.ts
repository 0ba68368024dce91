export { openYaml, readYaml, sourceOf, type Checked, type Problem } from './read-yaml.js';
