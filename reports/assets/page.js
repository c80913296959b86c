// Draws the charts: each div.chart from the JSON that follows it. Options name colours by the style
// sheet's custom properties; they are looked up here, again whenever the scheme changes or the page is
// printed, which happens in light and at the width of paper. Of figures to choose from, the chosen one is shown;
// printed, and without scripts, all are.
(() => {
  'use strict';
  const root = document.documentElement;
  const charts = Array.from(document.querySelectorAll('.chart'), div => ({
    div, options: JSON.parse(div.nextElementSibling.textContent), drawn: echarts.init(div, null, {renderer: 'svg'}),
  }));

  // Values of keys that end in "color" may be names of custom properties, or lists of such.
  const lookUp = (value, key, style) => {
    if (typeof value === 'string') {
      return /color$/i.test(key) && value.startsWith('--') ? style.getPropertyValue(value).trim() : value;
    }
    if (Array.isArray(value)) return value.map(v => lookUp(v, key, style));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, lookUp(v, k, style)]));
  };

  // The words of a tooltip come with the data; at a position of several curves, each has its line.
  const tip = at => Array.isArray(at)
    ? [at[0].data.head, ...at.map(a => a.data.tip)].join('\n')
    : (at.data && at.data.tip) || '';

  // The hint that a table scrolls shows where it does.
  const hint = () => {
    for (const p of document.querySelectorAll('.hint')) {
      const table = p.nextElementSibling;
      p.hidden = table.scrollWidth <= table.clientWidth;
    }
  };

  // What is not shown has no width, and keeps the one that it was drawn at.
  const fit = chart => { if (chart.div.clientWidth) chart.drawn.resize(); };

  const draw = () => {
    const style = getComputedStyle(root);
    for (const chart of charts) {
      const options = lookUp(chart.options, '', style);
      options.tooltip.formatter = tip;
      fit(chart);
      chart.drawn.setOption(options, true);
    }
  };
  draw();

  const choices = Array.from(document.querySelectorAll('.choice'), div => {
    const select = div.querySelector('select'), figures = Array.from(div.querySelectorAll('figure'));
    const choose = id => {
      select.value = id;
      for (const f of figures) f.classList.toggle('unchosen', f.id !== id);
    };
    select.addEventListener('change', () => choose(select.value));
    div.classList.add('chosen');
    choose(figures[0].id);
    return {figures, choose};
  });

  // An address that names a figure chooses it.
  const follow = () => {
    const figure = document.getElementById(location.hash.slice(1));
    const choice = choices.find(c => c.figures.includes(figure));
    if (!choice) return;
    choice.choose(figure.id);
    figure.scrollIntoView();
  };
  follow();
  addEventListener('hashchange', follow);
  hint();

  const widths = new ResizeObserver(entries => {
    for (const e of entries) fit(charts.find(c => c.div === e.target));
    hint();
  });
  for (const chart of charts) widths.observe(chart.div);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  addEventListener('beforeprint', () => { root.classList.add('print'); draw(); });
  addEventListener('afterprint', () => { root.classList.remove('print'); draw(); });
})();
