// The one order of names: by UTF-16 code unit, never by locale, so that every machine sorts the same.

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
