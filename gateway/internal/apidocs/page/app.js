// Renders /openapi.json as a page to read and to try operations with. Everything is built from DOM nodes, so no text of the
// description is ever taken for markup. The token stays in this tab.
'use strict';

const $ = (id) => document.getElementById(id);

/** Makes an element; children are nodes or text. */
function el(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (name === 'on') for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

let api;
const schemaOf = (ref) => api.definitions[ref.replace('#/definitions/', '')];
const shortName = (ref) => ref.replace('#/definitions/', '').replace(/^refersuite\.\w+\.v\d+\./, '');

async function start() {
  try {
    const answer = await fetch('/openapi.json');
    if (!answer.ok) throw new Error('HTTP ' + answer.status);
    api = await answer.json();
  } catch (error) {
    $('operations').replaceChildren(el('p', { class: 'failure' }, 'The description could not be loaded: ' + error.message));
    return;
  }
  $('version').textContent = api.info.version || '';
  $('about').textContent = api.info.description || '';
  renderOperations();
  renderSchemas();
  openTarget('instant');
  window.addEventListener('hashchange', () => openTarget('auto'));
  $('filter').addEventListener('input', applyFilter);
}

function operations() {
  const list = [];
  for (const [path, verbs] of Object.entries(api.paths))
    for (const [verb, op] of Object.entries(verbs)) list.push({ path, verb, op, tag: (op.tags || ['Other'])[0] });
  return list;
}

/** Sections as a reader meets them; the description sorts them otherwise. Others come after these. */
const order = ['Referral', 'Wallet', 'Tier', 'Leaderboard', 'Fraud', 'Operations'];
const placeOf = (tag) => (order.includes(title(tag)) ? order.indexOf(title(tag)) : order.length);

function renderOperations() {
  const byTag = new Map((api.tags || []).map((t) => [t.name, { about: t.description || '', list: [] }]));
  for (const item of operations()) {
    if (!byTag.has(item.tag)) byTag.set(item.tag, { about: '', list: [] });
    byTag.get(item.tag).list.push(item);
  }
  const pages = [], index = [];
  for (const [tag, { about, list }] of [...byTag].sort(([a], [b]) => placeOf(a) - placeOf(b))) {
    if (!list.length) continue;
    const section = el('section', { 'data-group': tag }, el('h2', { id: tag }, title(tag)), el('p', { class: 'lead' }, unwrap(about)));
    const links = el('div', { 'data-group': tag }, el('h3', {}, title(tag)));
    for (const item of list) {
      const id = item.op.operationId;
      const words = [item.path, id, item.op.summary, item.op.description].join(' ').toLowerCase();
      section.append(renderOperation(item, words));
      links.append(el('a', { href: '#' + id, 'data-words': words, title: item.path }, verbBadge(item.verb), rpcName(id)));
    }
    pages.push(section);
    index.push(links);
  }
  $('operations').replaceChildren(...pages);
  $('index').replaceChildren(...index, el('div', {}, el('h3', {}, 'More'), el('a', { href: '#schemas' }, 'Schemas')));
}

const title = (tag) => tag.replace(/Service$/, '');
const rpcName = (id) => id.replace(/^\w+?Service_/, '');
const verbBadge = (verb) => el('span', { class: 'verb ' + verb }, verb.toUpperCase());
/** Joins lines that were broken only to fit the source; items of lists keep theirs. */
const unwrap = (text) => (text || '').replace(/([^\n])\n(?!\n|\s*- )/g, '$1 ').replace(/\n\n(?=\s*- )/g, '\n');

/** Splits a description into what it says and the errors it lists. */
function split(op) {
  const text = unwrap([op.summary, op.description].filter(Boolean).join('\n\n'));
  const at = text.indexOf('Errors: ');
  if (at < 0) return { text, errors: [] };
  const listed = text.slice(at + 8).trim().replace(/\.$/, '');
  return { text: text.slice(0, at).trim(), errors: listed.split(/,\s+(?=[A-Z_]{5,}(?: \(| for| when|$))/) };
}

function pathNodes(path) {
  return el('span', { class: 'path' }, ...path.split(/(\{[^}]+\})/).map((part) => part.startsWith('{') ? el('i', {}, part) : part));
}

function renderOperation(item, words) {
  const { path, verb, op } = item;
  const { text, errors } = split(op);
  const gist = text.split(/(?<=\.)\s/)[0];
  const body = el('div', { class: 'body' });
  const card = el('details', { class: 'card', id: op.operationId, 'data-words': words },
    el('summary', {}, verbBadge(verb), pathNodes(path), el('span', { class: 'name' }, rpcName(op.operationId)), el('span', { class: 'gist' }, gist)),
    body);
  // Filled when first opened, since most never are.
  card.addEventListener('toggle', () => { if (card.open && !body.hasChildNodes()) fillOperation(body, item, text, errors); });
  return card;
}

function fillOperation(body, item, text, errors) {
  const params = item.op.parameters || [];
  const plain = params.filter((p) => p.in !== 'body');
  const payload = params.find((p) => p.in === 'body');
  body.append(el('p', { class: 'text' }, text));
  if (plain.length) body.append(el('h4', {}, 'Parameters'), table(plain.map(paramRow)));
  if (payload) body.append(el('h4', {}, 'Request body'), schemaTable(payload.schema, []));
  const good = item.op.responses['200'];
  if (good && good.schema) body.append(el('h4', {}, 'Answer'), schemaTable(good.schema, []));
  body.append(el('h4', {}, 'Errors'));
  if (errors.length) body.append(el('ul', { class: 'errors' }, ...errors.map((e) => el('li', {}, e))));
  body.append(el('p', { class: 'limit' },
    'Every error is a google.rpc.Status: code, message and details with an ErrorInfo reason. 401 without a valid token, 403 without the role, 400 for a bad field, 429 over a limit, 503 when a service is away.'));
  body.append(tryForm(item, plain, payload));
}

const table = (rows) => el('table', {}, el('tbody', {}, ...rows));

function paramRow(p) {
  return el('tr', {}, el('td', {}, el('code', {}, p.name), ' ', p.required ? el('span', { class: 'need' }, 'required') : null,
    el('div', { class: 'type' }, p.in + ', ' + typeOf(p))), el('td', {}, unwrap(p.description || ''), limits(p)));
}

function typeOf(s) {
  if (!s) return 'object';
  if (s.$ref) return shortName(s.$ref);
  if (s.type === 'array') return typeOf(s.items) + '[]';
  if (s.additionalProperties) return 'map of ' + typeOf(s.additionalProperties);
  if (s.enum) return 'one of';
  return s.format ? s.type + ' (' + s.format + ')' : s.type || 'object';
}

function limits(s) {
  const said = [];
  if (s.enum && !(s.description || '').includes(s.enum[0] + ':')) said.push(s.enum.join(' · '));
  if (s.pattern) said.push('matches ' + s.pattern);
  if (s.minLength !== undefined) said.push('at least ' + s.minLength + ' characters');
  if (s.maxLength !== undefined) said.push('at most ' + s.maxLength + ' characters');
  if (s.minimum !== undefined) said.push('≥ ' + s.minimum);
  if (s.maximum !== undefined) said.push('≤ ' + s.maximum);
  return said.length ? el('div', { class: 'limit' }, said.join(', ')) : null;
}

/** Shows the fields of a schema; nested messages open on demand, each at most once on a way down. */
function schemaTable(schema, seen) {
  const resolved = schema.$ref ? schemaOf(schema.$ref) : schema;
  if (!resolved) return el('p', { class: 'limit' }, 'unknown schema');
  if (resolved.enum) return el('div', {}, unwrap(resolved.description || resolved.title || ''), limits(resolved));
  const fields = Object.entries(resolved.properties || {});
  if (!fields.length) return el('p', { class: 'limit' }, 'No fields.');
  return table(fields.map(([name, field]) => fieldRow(name, field, (resolved.required || []).includes(name), seen)));
}

function fieldRow(name, field, required, seen) {
  const ref = field.$ref || (field.items && field.items.$ref) || (field.additionalProperties && field.additionalProperties.$ref);
  const target = ref && schemaOf(ref);
  const about = el('td', {}, unwrap(field.description || field.title || (target && (target.description || target.title)) || ''), limits(field));
  if (target && target.enum) about.append(limits(target));
  else if (target && !seen.includes(ref)) {
    const nested = el('details', { class: 'nested' }, el('summary', {}, 'fields of ' + shortName(ref)));
    nested.addEventListener('toggle', () => { if (nested.open && nested.children.length === 1) nested.append(schemaTable({ $ref: ref }, [...seen, ref])); });
    about.append(nested);
  }
  return el('tr', {}, el('td', {}, el('code', {}, name), ' ', required ? el('span', { class: 'need' }, 'required') : null,
    el('div', { class: 'type' }, typeOf(field))), about);
}

/** A body to begin with: the fields of a request, empty. Messages within it stay empty, for what they leave out has defaults. */
function example(schema, nested = false) {
  if (!schema) return {};
  if (schema.$ref) return example(schemaOf(schema.$ref), nested);
  if (schema.enum) return schema.enum.find((v) => !/UNSPECIFIED$/.test(v)) || schema.enum[0];
  switch (schema.type) {
    case 'array': return [];
    case 'boolean': return false;
    case 'integer': case 'number': return 0;
    case 'string':
      if (schema.format === 'int64') return '0';
      return '';
    default:
      // Times cannot be empty.
      return nested ? {} : Object.fromEntries(Object.entries(schema.properties || {})
        .filter(([, field]) => field.format !== 'date-time').map(([name, field]) => [name, example(field, true)]));
  }
}

function tryForm(item, params, payload) {
  const inputs = new Map();
  const grid = el('div', { class: 'grid' });
  for (const p of params) {
    const id = item.op.operationId + '-' + p.name;
    const input = p.enum
      ? el('select', { id }, ...(p.required ? [] : [el('option', { value: '' }, '—')]), ...p.enum.map((v) => el('option', { value: v }, v)))
      : el('input', { id, placeholder: p.required ? 'required' : typeOf(p), required: p.required, spellcheck: 'false' });
    inputs.set(p, input);
    grid.append(el('label', { for: id }, el('code', {}, p.name)), input);
  }
  let text = null;
  if (payload) {
    text = el('textarea', { 'aria-label': 'Request body as JSON', spellcheck: 'false' });
    text.value = JSON.stringify(example(payload.schema), null, 2);
    grid.append(text);
  }
  let key = null;
  if (item.verb === 'post') {
    key = el('input', { id: item.op.operationId + '-key', spellcheck: 'false', placeholder: 'optional' });
    grid.append(el('label', { for: key.id }, el('code', {}, 'Idempotency-Key')), key);
  }
  const answer = el('div', { class: 'answer', 'aria-live': 'polite' });
  const send = el('button', { type: 'submit' }, 'Send');
  const copy = el('button', { type: 'button', class: 'plain' }, 'Copy as curl');
  const form = el('form', { class: 'try' }, el('h4', {}, 'Try it'), grid, el('div', { class: 'actions' }, send, copy), answer);
  const request = () => buildRequest(item, inputs, text, key);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    await sendRequest(request(), answer);
    send.disabled = false;
  });
  copy.addEventListener('click', () => copyCurl(request(), copy, answer));
  return form;
}

function buildRequest(item, inputs, text, key) {
  let path = item.path;
  const query = new URLSearchParams();
  for (const [param, input] of inputs) {
    if (param.in === 'path') path = path.replace('{' + param.name + '}', encodeURIComponent(input.value));
    else if (input.value !== '') query.append(param.name, input.value);
  }
  const headers = { Accept: 'application/json' };
  const token = $('token').value.trim();
  if (token) headers.Authorization = 'Bearer ' + token;
  if (text) headers['Content-Type'] = 'application/json';
  if (key && key.value) headers['Idempotency-Key'] = key.value;
  const suffix = query.toString();
  return { url: path + (suffix ? '?' + suffix : ''), method: item.verb.toUpperCase(), headers, body: text ? text.value : undefined };
}

async function sendRequest({ url, ...options }, out) {
  out.replaceChildren(el('p', { class: 'limit' }, 'Sending …'));
  const began = performance.now();
  try {
    const answer = await fetch(url, options);
    const raw = await answer.text();
    let shown = raw;
    try { shown = JSON.stringify(JSON.parse(raw), null, 2); } catch { /* not JSON: shown as it is */ }
    const took = Math.round(performance.now() - began);
    out.replaceChildren(
      el('p', {}, el('span', { class: 'status ' + (answer.ok ? 'ok' : 'fail') }, answer.status + ' ' + answer.statusText), ' in ' + took + ' ms',
        answer.headers.get('Idempotency-Replayed') ? ' · replayed' : '', ' · request ' + (answer.headers.get('X-Request-Id') || '?')),
      el('pre', {}, shown || '(no body)'));
  } catch (error) {
    out.replaceChildren(el('p', { class: 'failure' }, 'No answer: ' + error.message));
  }
}

const quote = (text) => "'" + text.replace(/'/g, "'\\''") + "'";

/** Copies a request as a command, or shows it where the browser lets pages copy nothing, as on plain HTTP. */
async function copyCurl(request, button, out) {
  const parts = ['curl -sS -X ' + request.method + ' ' + quote(location.origin + request.url)];
  for (const [name, value] of Object.entries(request.headers))
    parts.push('-H ' + (name === 'Authorization' ? '"Authorization: Bearer $TOKEN"' : quote(name + ': ' + value)));
  if (request.body !== undefined) parts.push('-d ' + quote(request.body));
  const command = parts.join(' \\\n  ');
  try {
    await navigator.clipboard.writeText(command);
    button.textContent = 'Copied; set $TOKEN';
  } catch {
    out.replaceChildren(el('pre', {}, command));
    return;
  }
  setTimeout(() => { button.textContent = 'Copy as curl'; }, 2000);
}

function renderSchemas() {
  const cards = Object.entries(api.definitions).sort(([a], [b]) => a.localeCompare(b)).map(([name, schema]) => {
    const body = el('div', { class: 'body' });
    const card = el('details', { class: 'card', id: 'schema-' + name, 'data-words': name.toLowerCase() },
      el('summary', {}, el('span', { class: 'path' }, shortName(name)), el('span', { class: 'name' }, name),
        el('span', { class: 'gist' }, unwrap(schema.description || schema.title || '').split(/(?<=\.)\s/)[0])), body);
    card.addEventListener('toggle', () => { if (card.open && !body.hasChildNodes()) body.append(schemaTable(schema, ['#/definitions/' + name])); });
    return card;
  });
  $('schema-list').replaceChildren(...cards);
  $('schemas').hidden = false;
}

function applyFilter() {
  const wanted = $('filter').value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  for (const node of document.querySelectorAll('[data-words]'))
    node.hidden = !wanted.every((word) => node.dataset.words.includes(word));
  for (const group of document.querySelectorAll('[data-group]'))
    group.hidden = ![...group.querySelectorAll('[data-words]')].some((node) => !node.hidden);
  $('nothing').hidden = Boolean(document.querySelector('main [data-words]:not([hidden])'));
}

/** Opens the operation that the address names and goes there. */
function openTarget(behavior) {
  const id = decodeURIComponent(location.hash.slice(1));
  const card = id && document.getElementById(id);
  for (const link of document.querySelectorAll('#index a')) link.classList.toggle('here', link.hash === location.hash);
  if (card && card.tagName === 'DETAILS') card.open = true;
  if (card) card.scrollIntoView({ behavior });
}

/** Shows whom a token speaks for. It is decoded only, not verified; the services do that. */
function describeToken() {
  const state = $('token-state');
  const token = $('token').value.trim();
  sessionStorage.setItem('refersuite-token', token);
  state.classList.remove('bad');
  state.textContent = '';
  if (!token) return;
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    const expired = claims.exp && claims.exp * 1000 < Date.now();
    state.classList.toggle('bad', Boolean(expired));
    state.textContent = claims.sub + ' · ' + (claims.roles || []).join(', ') + (expired ? ' · expired' : '');
  } catch {
    state.classList.add('bad');
    state.textContent = 'not a JWT';
  }
}

$('token').value = sessionStorage.getItem('refersuite-token') || '';
$('token').addEventListener('input', describeToken);
$('token-form').addEventListener('submit', (event) => event.preventDefault());
describeToken();
start();
