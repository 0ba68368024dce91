import type { StatementSource } from '#libs/reports';

/** A statement that a command has found, but for what its printing adds. */
export type Stated = Omit<StatementSource, 'losses' | 'publicUrl'>;
