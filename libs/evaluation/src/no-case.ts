import type { Standing } from '#libs/contract';

/** Where a fact is judged by itself: conditions that ask for the case find none. */
export const NO_CASE: Standing = { answered: false, solved: false, cancelled: false, priority: '' };
