// The top table: only the rows in sight are in the document, so its length does not matter.

import { formatCount, formatPercent, formatValue } from './format';
import { withoutPath } from './names';
import type { Sort, SortKey, TopModel } from './top_model';

export interface TopEvents {
  onSort(sort: Sort): void;
  /** A row was chosen; the same one again takes the choice back. */
  onSelect(frame: number): void;
}

const kRowHeight = 24;
const kOverscan = 8;
const kLeastPath = 10; // characters: "k8s.io/ap…"
const kInlineMarks = ['', ' (inline)', ' (partial-inline)'];

export class TopView {
  private model: TopModel | undefined;
  private sampleUnit = '';
  private selected = -1; // frame
  private active = 0; // index in the order: the row that the keyboard is on
  private first = -1;
  private last = -1;
  private readonly headers: HTMLElement[];

  constructor(
    private readonly table: HTMLTableElement,
    private readonly body: HTMLElement,
    private readonly scroll: HTMLElement,
    private readonly note: HTMLElement,
    private readonly events: TopEvents,
  ) {
    this.headers = [...table.querySelectorAll<HTMLElement>('th[data-key]')];
    for (const header of this.headers) {
      header.querySelector('button')!.addEventListener('click', () => {
        const key = header.dataset['key'] as SortKey;
        const current = header.getAttribute('aria-sort');
        // Numbers are wanted large first, names from A.
        const ascending = current === null ? key === 'name' : current === 'descending';
        this.events.onSort({ key, ascending });
      });
    }
    scroll.addEventListener('scroll', () => this.render(false), { passive: true });
    new ResizeObserver(() => this.render(false)).observe(scroll);
    body.addEventListener('click', (event) => this.onClick(event));
    body.addEventListener('keydown', (event) => this.onKey(event));
  }

  show(model: TopModel, sampleUnit: string, sort: Sort): void {
    this.model = model;
    this.sampleUnit = sampleUnit;
    this.active = 0;
    this.scroll.scrollTop = 0;
    for (const header of this.headers) {
      if (header.dataset['key'] === sort.key) {
        header.setAttribute('aria-sort', sort.ascending ? 'ascending' : 'descending');
      } else {
        header.removeAttribute('aria-sort');
      }
    }
    this.table.setAttribute('aria-rowcount', String(model.order.length + 1));
    const all = model.top.frame.length;
    const shown = model.order.length;
    this.note.textContent =
      all === 0
        ? 'No function has a cost of this type: nothing was sampled.'
        : shown === all
        ? `${formatCount(all)} functions`
        : `${formatCount(shown)} of ${formatCount(all)} functions match`;
    this.render(true);
  }

  select(frame: number): void {
    this.selected = frame;
    this.render(true);
  }

  private render(force: boolean): void {
    const { model, scroll } = this;
    if (model === undefined) return;
    const count = model.order.length;
    const first = Math.max(0, Math.floor(scroll.scrollTop / kRowHeight) - kOverscan);
    const visible = Math.ceil(scroll.clientHeight / kRowHeight) + 2 * kOverscan;
    const last = Math.min(count, first + visible);
    if (!force && first === this.first && last === this.last) return;
    this.first = first;
    this.last = last;
    const focused = this.body.contains(document.activeElement);
    const rows: HTMLElement[] = [];
    if (first > 0) rows.push(spacer(first * kRowHeight));
    for (let i = first; i < last; ++i) rows.push(this.row(model, i));
    if (last < count) rows.push(spacer((count - last) * kRowHeight));
    this.body.replaceChildren(...rows);
    if (focused) this.rowElement(this.active)?.focus({ preventScroll: true });
  }

  private row(model: TopModel, index: number): HTMLElement {
    const { top } = model;
    const position = model.order[index];
    const frame = top.frame[position];
    const row = document.createElement('tr');
    row.dataset['index'] = String(index);
    row.setAttribute('aria-rowindex', String(index + 2));
    row.setAttribute('aria-selected', String(frame === this.selected));
    row.tabIndex = index === this.active ? 0 : -1;
    const flat = top.flat[position];
    const cum = top.cum[position];
    const value = (n: number): string => formatValue(n, this.sampleUnit, top.unit);
    row.append(
      cell(value(flat)),
      shareCell(flat, top.total),
      cell(formatPercent(model.sum[position], top.total)),
      cell(value(cum)),
      shareCell(cum, top.total),
      nameCell(model.name(position), kInlineMarks[top.inlined[position]]),
    );
    return row;
  }

  private rowElement(index: number): HTMLElement | null {
    return this.body.querySelector<HTMLElement>(`tr[data-index="${index}"]`);
  }

  private onClick(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('tr[data-index]');
    if (row !== null) this.choose(Number(row.dataset['index']));
  }

  private choose(index: number): void {
    if (this.model === undefined) return;
    this.active = index;
    this.events.onSelect(this.model.top.frame[this.model.order[index]]);
  }

  private onKey(event: KeyboardEvent): void {
    if (this.model === undefined) return;
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / kRowHeight) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.model.order.length,
      End: this.model.order.length,
    };
    if (event.key === 'Enter' || event.key === ' ') {
      this.choose(this.active);
    } else if (steps[event.key] !== undefined) {
      this.moveTo(this.active + steps[event.key]);
    } else {
      return;
    }
    event.preventDefault();
  }

  private moveTo(index: number): void {
    this.active = Math.min(Math.max(0, index), this.model!.order.length - 1);
    const top = this.active * kRowHeight;
    const room = this.scroll.clientHeight - 2 * kRowHeight; // below the header
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    if (top > this.scroll.scrollTop + room) this.scroll.scrollTop = top - room;
    this.render(true);
    this.rowElement(this.active)?.focus({ preventScroll: true });
  }
}

function cell(text: string): HTMLElement {
  const element = document.createElement('td');
  element.textContent = text;
  return element;
}

function shareCell(value: number, total: number): HTMLElement {
  const element = cell(formatPercent(value, total));
  element.className = 'share';
  const share = total === 0 ? 0 : Math.min(1, Math.abs(value / total));
  element.style.setProperty('--share-width', (share * 100).toFixed(1));
  return element;
}

function nameCell(name: string, mark: string): HTMLElement {
  const element = document.createElement('td');
  element.className = 'name';
  element.title = name + mark;
  const path = document.createElement('span');
  path.className = 'path dim';
  const short = withoutPath(name);
  path.textContent = name.slice(0, name.length - short.length);
  // However long the function's own name is, this much of the package is seen.
  path.style.setProperty('--least', `${Math.min(path.textContent.length, kLeastPath)}ch`);
  const own = document.createElement('span');
  own.className = 'own';
  own.textContent = short;
  const suffix = document.createElement('span');
  suffix.className = 'dim mark';
  suffix.textContent = mark;
  const line = document.createElement('div');
  line.append(path, own, suffix);
  element.append(line);
  return element;
}

function spacer(height: number): HTMLElement {
  const row = document.createElement('tr');
  row.className = 'spacer';
  row.setAttribute('aria-hidden', 'true');
  const element = document.createElement('td');
  element.style.height = `${height}px`;
  row.append(element);
  return row;
}
