/** Where the monitor says what changed about an incident. */
export const ALERTS_TOPIC = 'compliance.alerts';
