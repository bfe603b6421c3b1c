/** How often a run's own function may be begun in one stretch of a run: each time but the last ended with its process. */
export const MOST_DRIVES = 10;
