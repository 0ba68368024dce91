export type { Door } from './doors/door.js';
export { Doors } from './doors/doors.js';
export { readDoors } from './doors/read-doors.js';
export { IntakeModule } from './intake.module.js';
