export { openServers, type Servers } from './open-servers.js';
