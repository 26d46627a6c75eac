// The head of the page: what was measured, where and when, and how long the page lives.

import type { Meta } from './data';
import { formatCount, formatCountdown, formatTime, formatValue } from './format';

function fact(label: string, value: string): HTMLElement {
  const element = document.createElement('span');
  const name = document.createElement('span');
  name.className = 'dim';
  name.textContent = `${label} `;
  element.append(name, value);
  return element;
}

export function showHeader(meta: Meta, title: HTMLElement, facts: HTMLElement): void {
  const what = meta.profileType === '' ? 'Profile' : `${meta.profileType} profile`;
  title.textContent = meta.source === '' ? what : `${what} of ${meta.source}`;
  document.title = `${title.textContent} · KubeDiag`;
  const shown: [string, string][] = [
    ['diagnosis', meta.diagnosis],
    ['node', meta.node],
    ['binary', meta.binary],
    ['taken', meta.timeMillis === 0 ? '' : formatTime(meta.timeMillis)],
    ['duration', meta.durationText],
    ['period', meta.periodText],
    ['samples', formatCount(meta.samples)],
    ['file', `${meta.fileName} ${formatValue(meta.fileSize, 'bytes')}`],
    ['note', meta.comments.join(' · ')],
  ];
  facts.replaceChildren(
    ...shown.filter(([, value]) => value !== '').map(([label, value]) => fact(label, value)),
  );
  if (/^https?:\/\//.test(meta.docUrl)) {
    const link = document.createElement('a');
    link.href = meta.docUrl;
    link.rel = 'noreferrer noopener';
    link.textContent = 'documentation';
    facts.append(link);
  }
}

/** Counts down by the server's clock, told once; calls `onEnd` when the time is over. */
export function startCountdown(meta: Meta, output: HTMLElement, onEnd: () => void): void {
  const end = performance.now() + (meta.expiryMillis - meta.nowMillis);
  const tick = (): void => {
    const left = end - performance.now();
    output.textContent = left > 0 ? `expires in ${formatCountdown(left)}` : 'expired';
    output.classList.toggle('soon', left < 300_000);
    if (left <= 0) {
      onEnd();
      return;
    }
    setTimeout(tick, Math.min(left, 1000));
  };
  tick();
}
