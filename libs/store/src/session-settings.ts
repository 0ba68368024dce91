/**
 * What every connection sets for itself (`options` of a connection), whatever its role, the database or the server have been
 * told: how values are written as text, else numbers come back rounded and instants not at all; and no limits but our own.
 */
export const SESSION_SETTINGS = [
  'TimeZone=UTC',
  'DateStyle=ISO',
  'IntervalStyle=postgres',
  'extra_float_digits=1',
  'bytea_output=hex',
  'idle_session_timeout=0',
  'lock_timeout=0',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');
