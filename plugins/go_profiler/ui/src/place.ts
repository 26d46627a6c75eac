// Where the reader is, kept in the fragment of the URL: reload, back and a shared link keep it. The
// fragment never reaches the server.

export type ViewName = 'both' | 'flame' | 'top';

export interface Place {
  readonly type: string; // sample type; empty: the profile's default
  readonly zoom: readonly number[]; // frames from the root's child to the row that fills the width
  readonly query: string;
  readonly selected: number; // frame; -1: none
  readonly view: ViewName | ''; // empty: what suits the window
}

export function readPlace(): Place {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const view = parameters.get('view') ?? '';
  const selected = Number(parameters.get('frame') ?? '-1');
  return {
    type: parameters.get('type') ?? '',
    zoom: (parameters.get('zoom') ?? '').split('.').filter(Boolean).map(Number),
    query: parameters.get('q') ?? '',
    selected: Number.isInteger(selected) ? selected : -1,
    view: view === 'both' || view === 'flame' || view === 'top' ? view : '',
  };
}

function hashOf(place: Place): string {
  const parameters = new URLSearchParams();
  if (place.type !== '') parameters.set('type', place.type);
  if (place.zoom.length > 0) parameters.set('zoom', place.zoom.join('.'));
  if (place.query !== '') parameters.set('q', place.query);
  if (place.selected >= 0) parameters.set('frame', String(place.selected));
  if (place.view !== '') parameters.set('view', place.view);
  return `#${parameters.toString()}`;
}

/** `push`: the back button returns to the place before. */
export function writePlace(place: Place, push: boolean): void {
  const hash = hashOf(place);
  if (hash === (location.hash || '#')) return;
  if (push) history.pushState(null, '', hash);
  else history.replaceState(null, '', hash);
}
