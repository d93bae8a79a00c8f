// Keeps a page alive and comfortable. Whatever it does, the page can be used without it, but for choosing files.
'use strict';
const policy = window.trustedTypes ? trustedTypes.createPolicy('sendcast', { createHTML: text => text }) : { createHTML: text => text };
const parse = text => new DOMParser().parseFromString(policy.createHTML(text), 'text/html');
const $ = (selector, of = document) => of.querySelector(selector);
const show = (id, shown) => { const at = $('#' + id); if (at) at.hidden = !shown; };
const token = () => $('meta[name=form-token]')?.content ?? '';

// The code of the link stands in its fragment, which no browser sends: it is taken out of sight and handed in.
async function enter() {
  const code = location.hash.slice(1);
  if (location.pathname !== '/enter' || !code) return;
  history.replaceState(null, '', '/enter');
  const answer = await fetch('/enter', { method: 'POST', body: new URLSearchParams({ code }) });
  if (answer.ok) location.replace('/');
  else $('#entering').textContent = await answer.text();
}

// Makes `old` what `fresh` is, and leaves alone what is the same, what has the focus, and what somebody opened.
function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh.cloneNode(true));
  if (old.nodeType !== 1) { if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue; return; }
  if (old.matches('input, textarea, select') && (old === document.activeElement || old.dataset.typed)) return;
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !(name === 'open')) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const wanted = [...fresh.childNodes];
  wanted.forEach((child, at) => {
    let mine = old.childNodes[at];
    if (child.id && mine?.id !== child.id) {
      const same = [...old.childNodes].find(each => each.id === child.id);
      if (same) { old.insertBefore(same, mine ?? null); mine = same; }
      else { old.insertBefore(child.cloneNode(true), mine ?? null); return; }
    }
    mine ? patch(mine, child) : old.appendChild(child.cloneNode(true));
  });
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

// Says that nobody answers, or that the session is over.
let since = new Date();
function gone(lost, over) {
  show('lost', lost);
  show('over', over);
  $('#since').textContent = since.toLocaleTimeString();
}

// Gives the page's forms the token of the session that goes on.
function renew(fresh) {
  const token = $('meta[name=form-token]', fresh)?.content ?? $('[name=token]', fresh)?.value;
  if (token) $('meta[name=form-token]').content = token;
  if (token) document.querySelectorAll('[name=token]').forEach(each => { each.value = token; });
}

// Asks once a second whether something has changed, while the page is looked at; less often where nothing moves.
let tag = '', still = 0, lost = 0, over = false, timer = 0, said = '';
async function poll() {
  clearTimeout(timer);
  if (document.hidden) return;
  let wait = 1000;
  try {
    const answer = await fetch(location.href, { headers: { 'X-Sendcast': '1', ...(tag && { 'If-None-Match': tag }) } });
    lost = 0;
    if (answer.status === 200) {
      const fresh = parse('<main id="main" tabindex="-1">' + await answer.text() + '</main>');
      // Somebody has opened a new link.
      if (over && !typed) return location.reload();
      if (over) renew(fresh);
      tag = answer.headers.get('ETag') ?? '';
      // What was told when the page was opened stays until it is left.
      const now = $('main'), wanted = $('main', fresh);
      wanted.prepend(...[...now.querySelectorAll(':scope > .notice')].map(each => each.cloneNode(true)));
      patch(now, wanted);
      still = 0;
      say();
    } else if (answer.status === 304) still += 1;
    // It can't be shown any more: the page itself says why.
    else if (answer.status !== 401 && !typed) return location.reload();
    over = answer.status === 401;
    if (!over) since = new Date();
    if (over || still > 10) wait = 5000;
  } catch {
    lost += 1;
    wait = [3000, 6000, 12000][Math.min(lost - 1, 2)];
  }
  gone(lost > 0, over);
  document.body.classList.toggle('lost', lost > 0 || over);
  document.querySelectorAll('main button').forEach(button => { button.disabled = lost > 0 || over; });
  timer = setTimeout(poll, wait);
}

// A change of state is said aloud, once.
function say() {
  const state = $('[data-say]')?.dataset.say ?? '';
  if (said && state && state !== said) $('#said').textContent = state;
  said = state;
}

// Brings a file, as it is, and shows how far it has come.
function bring(drop, file) {
  const bar = $('progress', drop), error = $('.drop-error', drop), request = new XMLHttpRequest();
  error.textContent = '';
  request.open('PUT', drop.dataset.bring);
  request.setRequestHeader('X-Form-Token', token());
  request.setRequestHeader('X-File-Name', encodeURIComponent(file.name));
  request.setRequestHeader('X-Sendcast', '1');
  request.upload.onprogress = event => { bar.hidden = false; if (event.lengthComputable) bar.value = 100 * event.loaded / event.total; };
  request.onload = () => {
    bar.hidden = true;
    if (request.status < 400) { typed = false; return location.assign(request.getResponseHeader('Location') ?? '/'); }
    const type = request.getResponseHeader('Content-Type') ?? '';
    error.textContent = (type.startsWith('text/html') ? $('main .notice', parse(request.responseText))?.textContent : request.responseText) || 'It couldn’t be taken.';
  };
  request.onerror = () => { bar.hidden = true; error.textContent = 'No connection to sendcast: nothing was taken.'; };
  request.send(file);
}
addEventListener('change', event => {
  const drop = event.target.closest?.('[data-bring]');
  if (drop && event.target.files?.[0]) bring(drop, event.target.files[0]);
});
for (const kind of ['dragover', 'dragleave', 'drop']) addEventListener(kind, event => {
  const drop = event.target.closest?.('[data-bring]') ?? $('[data-bring]');
  if (!drop) return;
  event.preventDefault();
  drop.classList.toggle('over', kind === 'dragover');
  if (kind === 'drop' && event.dataTransfer.files[0]) bring(drop, event.dataTransfer.files[0]);
});

// Shows what somebody will read while it is typed.
let previewing = 0;
async function preview(form) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.preview, { method: 'POST', headers: { 'X-Sendcast': '1' }, body });
  if (answer.ok) patch($('#preview'), $('#preview', parse('<div id="preview" role="status">' + await answer.text() + '</div>')));
}
addEventListener('input', event => {
  const form = event.target.closest?.('form[data-preview]');
  if (!form) return;
  clearTimeout(previewing);
  previewing = setTimeout(() => preview(form), 250);
});
addEventListener('click', event => {
  const to = event.target.closest?.('[data-row]'), form = $('form[data-preview]');
  if (to && form) { event.preventDefault(); form.elements.row.value = to.dataset.row; return preview(form); }
  const tool = event.target.closest?.('[data-wrap], [data-insert]'), body = $('#body');
  if (!tool || !body) return;
  const mark = tool.dataset.wrap ?? '', middle = tool.dataset.insert ?? body.value.slice(body.selectionStart, body.selectionEnd);
  body.setRangeText(mark + middle + mark, body.selectionStart, body.selectionEnd, 'end');
  body.focus();
  body.dispatchEvent(new Event('input', { bubbles: true }));
});

// What is typed and not sent is asked about before the page is left.
let typed = false;
addEventListener('input', event => { if (event.target.form?.method === 'post') { typed = true; event.target.dataset.typed = '1'; } });
// A form goes once, and only where somebody takes it: what was typed into it would be lost otherwise.
let sending = false;
addEventListener('submit', async event => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form === sending) { typed = false; sending = true; setTimeout(() => { sending = false; }, 10000); return; }
  event.preventDefault();
  if (sending) return;
  sending = true;
  const answer = await fetch('/help', { headers: { 'X-Sendcast': '1' } }).catch(() => null);
  gone(!answer, answer?.status === 401);
  if (!(sending = answer?.ok && form.isConnected && form)) return;
  renew(parse(await answer.text()));
  form.requestSubmit(event.submitter);
});
addEventListener('beforeunload', event => { if (typed) event.preventDefault(); });

const GO = { c: '/', o: '/optouts', n: '/numbers', a: '/account' };
let going = false;
addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
  const { key } = event;
  if (going) { going = false; if (GO[key]) location.assign(GO[key]); return; }
  if (key === 'g') going = true;
  else if (key === '?') location.assign('/help');
  else if (key === '/') { const search = $('#search'); if (search) { search.focus(); event.preventDefault(); } }
  else if (key === 'p') $('#actions [action$="/pause"] button, #actions [action$="/resume"] button')?.click();
  else if (key === '[' || key === ']') { const row = $('form[data-preview] [name=row]'); if (row) { row.value = Math.max(1, (+row.value || 1) + (key === ']' ? 1 : -1)); preview(row.form); } }
  else if (key === 'Escape') document.querySelectorAll('details.ask[open]').forEach(each => { each.open = false; if (each.contains(document.activeElement)) $('summary', each).focus(); });
  else $(`[data-key="${CSS.escape(key)}"]`)?.click();
});

enter();
addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
if (document.body.hasAttribute('data-live')) {
  said = $('[data-say]')?.dataset.say ?? '';
  addEventListener('visibilitychange', poll);
  timer = setTimeout(poll, 1000);
}
