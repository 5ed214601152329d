// The DOM is built from texts: nothing here or elsewhere parses markup, so data stays data.

const SVG = 'http://www.w3.org/2000/svg';
const PROPERTIES = new Set(['checked', 'disabled', 'hidden', 'value']);

/** An element; `on...` attributes take functions, false and undefined leave an attribute out. */
export function el(name, attributes, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (PROPERTIES.has(key)) node[key] = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** The element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Sets styles one by one: the page's policy forbids style attributes. */
export function place(node, styles) {
  for (const [name, value] of Object.entries(styles)) node.style.setProperty(name, value);
  return node;
}

/** A text for screen readers alone. */
export function hidden(text) {
  return el('span', { class: 'hidden' }, text);
}

/** A link to an address of the web, or only its words where it is none. */
export function link(address, href) {
  if (!href) return el('span', null, address);
  return el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, address);
}
