export { readYaml, sourceOf, type Checked, type Problem, type Locate } from './read-yaml.js';
