/** In CI always the same, so that the same tree gets the same verdict; by hand there is none. */
export const SEED_IN_CI = process.env['CI'] === 'true' ? 20_260_302 : undefined;
