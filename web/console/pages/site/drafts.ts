/* What was begun and is not in force, by site: it is still there when one comes back from another tab. */
import type { Whole } from './model';

export const drafts = new Map<string, Whole>();
