export { openServers, type OpenOptions, type Servers } from './open-servers.js';
