// Line charts as SVG: rows of panels, both axes logarithmic, so that growth by a power is a straight line.

const size = { width: 380, height: 260, left: 58, right: 16, top: 34, bottom: 46 };
const colours = ['#1f6feb', '#d1570a', '#2da44e', '#8250df'];

const text = (x, y, content, more = '') =>
  `<text x="${x}" y="${y}" font-family="sans-serif" font-size="12" fill="#57606a" ${more}>${content}</text>`;

/** Powers of two from the one below the least to the one above the most. */
function scale(values, from, to) {
  const least = Math.floor(Math.log2(Math.min(...values)));
  const most = Math.max(least + 1, Math.ceil(Math.log2(Math.max(...values))));
  const at = value => from + ((Math.log2(value) - least) / (most - least)) * (to - from);
  return { at, ticks: Array.from({ length: most - least + 1 }, (_, i) => 2 ** (least + i)) };
}

function panel({ title, below, lines }, offset) {
  const all = lines.flatMap(({ points }) => points);
  const { width, height, left, right, top, bottom } = size;
  const x = scale(
    all.map(([value]) => value),
    offset + left,
    offset + width - right,
  );
  const y = scale(
    all.map(([, value]) => value),
    height - bottom,
    top,
  );
  const grid = [
    ...x.ticks.map(tick => text(x.at(tick), height - bottom + 18, tick, 'text-anchor="middle"')),
    ...y.ticks.map(
      tick =>
        `<line x1="${offset + left}" x2="${offset + width - right}" y1="${y.at(tick)}" y2="${y.at(tick)}" stroke="#d0d7de"/>` +
        text(offset + left - 8, y.at(tick) + 4, tick, 'text-anchor="end"'),
    ),
    text(offset + left, 20, title, 'font-weight="bold"'),
    text(offset + (width + left) / 2, height - 8, below, 'text-anchor="middle"'),
  ];
  const shown = lines.filter(({ points }) => points.length > 0);
  const drawn = shown.map(({ name, points }, n) => {
    const colour = colours[n % colours.length];
    const path = points.map(([a, b]) => `${x.at(a).toFixed(1)},${y.at(b).toFixed(1)}`);
    const dots = path.map(pair => {
      const [cx, cy] = pair.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
    });
    // Names stand over the panel, right to left, where no line can cross them.
    const after = shown.slice(n + 1).reduce((sum, other) => sum + other.name.length * 6.5 + 14, 0);
    const label = `<text x="${offset + width - right - after}" y="20" text-anchor="end" font-family="sans-serif" font-size="12" fill="${colour}">${name}</text>`;
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`;
  });
  return [...grid, ...drawn].join('\n');
}

/** `rows` of panels {title, below, lines: [{name, points: [[x, y], …]}]}; `title` is read out, not drawn. */
export function chart(title, rows) {
  const width = size.width * Math.max(...rows.map(row => row.length));
  const height = size.height * rows.length;
  const body = rows.map((row, n) => {
    const drawn = row.map((one, column) => panel(one, column * size.width)).join('\n');
    return `<g transform="translate(0 ${n * size.height})">\n${drawn}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">\n<title>${title}</title>\n<rect width="${width}" height="${height}" fill="#ffffff"/>\n${body.join('\n')}\n</svg>\n`;
}
