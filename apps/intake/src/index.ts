export { IntakeModule, type IntakeOptions } from './intake.module.js';
