// Dates as chat templates ask for them: C's strftime in English, whatever the language of the machine.

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const two = (value: number, pad = '0'): string => String(value).padStart(2, pad);
const hour12 = (date: Date): number => date.getHours() % 12 || 12;
/** By dates alone: a day that clocks are changed on is a day as well. */
const dayOfYear = (date: Date): number =>
  (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 0)) /
  86_400_000;

const directives: Readonly<Record<string, (date: Date) => string>> = {
  a: date => (days[date.getDay()] as string).slice(0, 3),
  A: date => days[date.getDay()] as string,
  b: date => (months[date.getMonth()] as string).slice(0, 3),
  B: date => months[date.getMonth()] as string,
  d: date => two(date.getDate()),
  e: date => two(date.getDate(), ' '),
  H: date => two(date.getHours()),
  I: date => two(hour12(date)),
  j: date => String(dayOfYear(date)).padStart(3, '0'),
  m: date => two(date.getMonth() + 1),
  M: date => two(date.getMinutes()),
  p: date => (date.getHours() < 12 ? 'AM' : 'PM'),
  S: date => two(date.getSeconds()),
  y: date => two(date.getFullYear() % 100),
  Y: date => String(date.getFullYear()),
  F: date => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
  T: date => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
  '%': () => '%',
};

/** In local time; `%-d` is `%d` without zeros before it. What is not known stays as it stands. */
export const formattedDate = (date: Date, format: string): string =>
  format.replace(/%(-?)([A-Za-z%])/g, (whole, bare: string, letter: string) => {
    const directive = Object.hasOwn(directives, letter) ? directives[letter] : undefined;
    const text = directive?.(date) ?? whole;
    return bare === '' || directive === undefined ? text : text.replace(/^[0 ]+(?=.)/, '');
  });
