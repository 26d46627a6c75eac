// The page: fetches, holds the reader's place, and keeps the panels in step with it.

import {
  fetchFlameBelow,
  fetchFlameTree,
  fetchFrames,
  fetchMeta,
  fetchTop,
  type Frames,
  type Meta,
  type Top,
} from './data';
import type { FlameLayout } from './flame_layout';
import { graft, hasHidden, usesTo } from './flame_tree';
import { FlameView } from './flame_view';
import { formatPercent, formatValue } from './format';
import { showHeader, startCountdown } from './header';
import { withoutPath } from './names';
import { type Place, readPlace, type ViewName, writePlace } from './place';
import { search } from './search';
import { type Sort, TopModel } from './top_model';
import { TopView } from './top_view';

const kNarrow = matchMedia('(max-width: 900px)');
const kSearchDelay = 120; // milliseconds after the last key

function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as T;
}

interface Loaded {
  readonly type: number;
  readonly top: Top;
}

class Page {
  private readonly main = byId('main');
  private readonly problem = byId('problem');
  private readonly types = byId('types');
  private readonly input = byId<HTMLInputElement>('search');
  private readonly matched = byId('matched');
  private readonly crumbs = byId('crumbs');
  private readonly details = byId('details');
  private readonly tip = byId('tip');
  private readonly flame: FlameView;
  private readonly table: TopView;
  private place: Place = readPlace();
  private sort: Sort = { key: 'flat', ascending: false };
  private loaded: Loaded | undefined;
  private loading = new AbortController();
  private refining = new AbortController();
  private readonly refined = new Set<number>(); // rows that were fetched in all detail there is
  private layout: FlameLayout | undefined;
  private model: TopModel | undefined;

  constructor(
    private readonly meta: Meta,
    private readonly frames: Frames,
  ) {
    this.flame = new FlameView(byId('flame'), byId('flame-scroll'), byId('flame-space'), {
      onZoom: (row) => this.go({ zoom: this.framesTo(row) }, true),
      onPoint: (row, pointer) => this.describe(row, pointer),
    });
    this.table = new TopView(byId('top'), byId('top-rows'), byId('top-scroll'), byId('top-note'), {
      onSort: (sort) => {
        this.sort = sort;
        this.showTop();
      },
      onSelect: (frame) =>
        this.go({ selected: frame === this.place.selected ? -1 : frame }, false),
    });
    this.makeTypes();
    this.listen();
  }

  async start(): Promise<void> {
    showHeader(this.meta, byId('title'), byId('facts'));
    startCountdown(this.meta, byId('expiry'), () => {
      this.complain('This page has expired; the profile stays on the node. Run the diagnosis again for a fresh one.');
    });
    byId<HTMLAnchorElement>('download').setAttribute('download', this.meta.fileName);
    this.input.value = this.place.query;
    await this.render();
  }

  private makeTypes(): void {
    this.types.replaceChildren(
      ...this.meta.sampleTypes.map((type, index) => {
        const label = document.createElement('label');
        const input = document.createElement('input');
        input.type = 'radio';
        input.name = 'type';
        input.value = String(index);
        input.addEventListener('change', () => this.go({ type: type.type }, true));
        const text = document.createElement('span');
        const total = document.createElement('b');
        total.textContent = type.totalText;
        text.append(`${type.type} `, total);
        label.append(input, text);
        return label;
      }),
    );
  }

  private listen(): void {
    let timer = 0;
    this.input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => this.go({ query: this.input.value }, false), kSearchDelay);
    });
    for (const input of document.querySelectorAll<HTMLInputElement>('input[name=view]')) {
      input.addEventListener('change', () => this.go({ view: input.value as ViewName }, false));
    }
    kNarrow.addEventListener('change', () => this.showView());
    window.addEventListener('popstate', () => {
      this.place = readPlace();
      this.input.value = this.place.query;
      void this.render();
    });
    document.addEventListener('keydown', (event) => {
      const typing = event.target instanceof HTMLInputElement && event.target.type === 'search';
      if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        this.input.focus();
        this.input.select();
      }
    });
  }

  private go(change: Partial<Place>, push: boolean): void {
    this.place = { ...this.place, ...change };
    writePlace(this.place, push);
    void this.render();
  }

  private typeIndex(): number {
    const found = this.meta.sampleTypes.findIndex((type) => type.type === this.place.type);
    return found >= 0 ? found : this.meta.defaultSampleType;
  }

  private async render(): Promise<void> {
    this.showView();
    const type = this.typeIndex();
    const radio = this.types.querySelector<HTMLInputElement>(`input[value="${type}"]`);
    if (radio !== null) radio.checked = true;
    try {
      if (this.loaded?.type !== type) await this.load(type);
    } catch (error) {
      if (!isAbort(error)) this.complain(`Cannot load the profile: ${reasonOf(error)}`);
      return;
    }
    this.showZoom();
    this.showMatches();
    try {
      await this.refine(type);
    } catch (error) {
      if (!isAbort(error)) this.complain(`Cannot load the details: ${reasonOf(error)}`);
    }
  }

  /** Fetches what is too small to be seen in the whole, for the row that fills the width now. */
  private async refine(type: number): Promise<void> {
    this.refining.abort();
    const { layout } = this;
    if (layout === undefined) return;
    const row = layout.follow(this.place.zoom);
    if (row === 0 || !hasHidden(layout.tree, row) || this.refined.has(row)) return;
    this.refining = new AbortController();
    const path = usesTo(layout.tree, row);
    const detail = await fetchFlameBelow(type, path, this.refining.signal);
    if (this.layout !== layout) return; // another tree has come meanwhile
    this.refined.clear(); // rows behind this one have moved
    this.refined.add(row);
    this.layout = this.flame.refine(graft(layout.tree, row, detail));
    this.showZoom();
    this.showMatches();
  }

  private async load(type: number): Promise<void> {
    this.loading.abort();
    this.loading = new AbortController();
    this.main.setAttribute('aria-busy', 'true');
    const { signal } = this.loading;
    const [tree, top] = await Promise.all([fetchFlameTree(type, signal), fetchTop(type, signal)]);
    this.loaded = { type, top };
    this.refined.clear();
    const sampleType = this.meta.sampleTypes[type];
    const label =
      tree.rows > 1
        ? `all ${sampleType.type}, ${sampleType.totalText}`
        : `nothing was sampled for ${sampleType.type}`;
    this.layout = this.flame.show(tree, this.frames, label);
    this.model = new TopModel(top, this.frames);
    this.main.setAttribute('aria-busy', 'false');
    this.main.dataset['type'] = sampleType.type;
  }

  private showView(): void {
    const fallback: ViewName = kNarrow.matches ? 'flame' : 'both';
    const wanted = this.place.view === '' ? fallback : this.place.view;
    const view = kNarrow.matches && wanted === 'both' ? 'flame' : wanted;
    this.main.dataset['view'] = view;
    const radio = document.querySelector<HTMLInputElement>(`input[name=view][value=${view}]`);
    if (radio !== null) radio.checked = true;
  }

  private framesTo(row: number): number[] {
    const { layout } = this;
    return layout === undefined ? [] : layout.path(row).map((at) => layout.tree.frame[at]);
  }

  private showZoom(): void {
    const { layout } = this;
    if (layout === undefined) return;
    const row = layout.follow(this.place.zoom);
    this.flame.zoom(row);
    const rows = [0, ...layout.path(row)];
    const crumb = (at: number): HTMLElement => {
      const button = document.createElement('button');
      button.type = 'button';
      const name = at === 0 ? 'all' : this.frames.names[layout.tree.frame[at]];
      button.textContent = at === 0 ? 'all' : withoutPath(name);
      button.title = name;
      if (at === row) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => this.go({ zoom: this.framesTo(at) }, true));
      return button;
    };
    const kLast = 4; // of a deep path, only its ends are told
    const shown = rows.length <= kLast + 1 ? rows : [0, ...rows.slice(-kLast)];
    const parts: (HTMLElement | string)[] = shown.map(crumb);
    if (shown.length < rows.length) parts.splice(1, 0, `… ${rows.length - shown.length} more`);
    this.crumbs.replaceChildren(...parts);
    byId('hint').hidden = row !== 0; // a zoomed reader knows, and the path needs the room
    this.describe(-1, undefined);
  }

  private showMatches(): void {
    const { layout } = this;
    if (layout === undefined) return;
    const result = search(this.place.query, this.frames.names);
    const { selected } = this.place;
    let matches = result.matches;
    if (selected >= 0 && selected < this.frames.names.length) {
      matches = new Uint8Array(this.frames.names.length);
      matches[selected] = 1;
    }
    this.flame.highlight(matches);
    this.showTop();
    const parts: string[] = [];
    if (matches.length > 0) {
      const weight = layout.matchedWeight((frame) => matches[frame] === 1);
      const share = formatPercent(weight, layout.tree.weight[0]);
      const found = this.model?.order.length ?? 0;
      parts.push(selected >= 0 ? `selected: ${share}` : `matched: ${share} in ${found} functions`);
    }
    if (result.plain) parts.push('as plain text');
    this.matched.textContent = parts.join(' · ');
  }

  private showTop(): void {
    if (this.model === undefined || this.loaded === undefined) return;
    const sampleType = this.meta.sampleTypes[this.loaded.type];
    this.model.arrange(this.sort, search(this.place.query, this.frames.names).matches);
    this.table.show(this.model, sampleType.unit, this.sort);
    this.table.select(this.place.selected);
  }

  private describe(row: number, pointer: { x: number; y: number } | undefined): void {
    const { layout, loaded } = this;
    if (layout === undefined || loaded === undefined) return;
    const at = row >= 0 ? row : layout.follow(this.place.zoom);
    const { tree } = layout;
    const { unit } = this.meta.sampleTypes[loaded.type];
    const frame = tree.frame[at];
    const name = document.createElement('strong');
    name.textContent = at === 0 ? 'all samples' : this.frames.names[frame];
    const amount = (label: string, value: number): HTMLElement => {
      const element = document.createElement('span');
      const dim = document.createElement('span');
      dim.className = 'dim';
      dim.textContent = `${label} `;
      element.append(dim, `${formatValue(value, unit)} (${formatPercent(value, loaded.top.total)})`);
      return element;
    };
    const file = document.createElement('span');
    file.className = 'dim file';
    file.textContent = at === 0 ? '' : this.frames.files[this.frames.fileOf[frame]];
    const parts: Node[] = [name, amount('total', tree.total[at]), amount('self', tree.self[at])];
    if (tree.inlined[at]) {
      const mark = document.createElement('span');
      mark.className = 'badge';
      mark.textContent = 'inlined';
      parts.push(mark);
    }
    parts.push(file);
    if (pointer === undefined || row < 0) {
      this.tip.hidden = true;
    } else {
      this.tip.replaceChildren(...parts.map((part) => part.cloneNode(true)));
      this.placeTip(pointer);
    }
    // A screen reader follows the keyboard, not the mouse.
    this.details.setAttribute('aria-live', pointer === undefined ? 'polite' : 'off');
    this.details.replaceChildren(...parts);
  }

  private placeTip(pointer: { x: number; y: number }): void {
    const { tip } = this;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(pointer.x + 14, window.innerWidth - width - 8);
    const below = pointer.y + 18;
    const top = below + height > window.innerHeight - 8 ? pointer.y - height - 10 : below;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, top)}px`;
  }

  private complain(text: string): void {
    complain(this.problem, text);
  }
}

// A request that a later one has made needless.
function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function complain(problem: HTMLElement, text: string): void {
  problem.textContent = text;
  problem.hidden = false;
}

async function main(): Promise<void> {
  const [meta, frames] = await Promise.all([fetchMeta(), fetchFrames()]);
  await new Page(meta, frames).start();
}

main().catch((error: unknown) => {
  complain(byId('problem'), `Cannot load the profile: ${reasonOf(error)}`);
});
