// Runs jobs a few at a time.

/** Results in the order of `items`; the first failure is thrown once the jobs under way have ended. */
export async function pool<T, R>(
  limit: number,
  items: readonly T[],
  job: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await job(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  const failure = ends.find(end => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results;
}
