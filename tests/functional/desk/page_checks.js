// What a program can see of a page's looks; a test calls `check(scheme)` in the page.
// Contrast as in WCAG 2.2, 1.4.3; names as in 4.1.2, as far as the desk uses them.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isSeen = (item) => item.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && item.getClientRects().length > 0 && !item.closest(".unseen, .skip");
  const WORKS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

  function readColour(words) {
    const found = words.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return { rgb: found.slice(0, 3), alpha: found[3] ?? 1 };
  }
  const lay = (over, alpha, under) => over.map((value, i) => alpha * value + (1 - alpha) * under[i]);
  function findGround(item) {
    const layers = [];
    for (let each = item; each; each = each.parentElement) {
      const colour = readColour(getComputedStyle(each).backgroundColor);
      if (colour.alpha > 0) layers.push(colour);
      if (colour.alpha === 1) break;
    }
    return layers.reverse().reduce((ground, { rgb, alpha }) => lay(rgb, alpha, ground), [255, 255, 255]);
  }
  function light(rgb) {
    const [r, g, b] = rgb.map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(item) {
    const style = getComputedStyle(item), ground = findGround(item);
    const ink = readColour(item.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const shown = lay(ink.rgb, ink.alpha, ground);
    const [darker, lighter] = [light(shown), light(ground)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    return { ratio: (lighter + 0.05) / (darker + 0.05), least: size >= 24 || (bold && size >= 18.66) ? 3 : 4.5 };
  }
  function listFaint() {
    const faint = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const item = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !isSeen(item) || item.closest("[disabled], .drawing")) continue;
      const { ratio, least } = contrast(item);
      if (ratio < least) faint.add(`${describe(item)}: ${ratio.toFixed(2)}`);
    }
    return [...faint];
  }
  const describe = (item) => `${item.tagName.toLowerCase()}.${item.getAttribute("class") ?? ""} “${item.textContent.trim().slice(0, 30)}”`;
  function findName(item) {
    const told = (item.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent);
    const labels = [...(item.labels ?? [])].map((label) => label.textContent);
    return [item.getAttribute("aria-label"), ...told, ...labels, item.matches("input, select, textarea") ? "" : item.textContent]
      .map((each) => (each ?? "").trim()).find(Boolean);
  }
  return {
    faint: listFaint(),
    nameless: all(WORKS).filter((item) => isSeen(item) && !findName(item)).map(describe),
    wide: document.documentElement.scrollWidth - innerWidth,
  };
})();
