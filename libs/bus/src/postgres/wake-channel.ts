/** Channel of NOTIFY; the payload is the sender and the topic, with a space between. */
export const WAKE_CHANNEL = 'pactwatch_log';
