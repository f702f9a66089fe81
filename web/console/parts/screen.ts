/* How wide the window is, in the three steps that pages care about. */
import { signal } from '@preact/signals';

export type Width = 'phone' | 'tablet' | 'desktop';

const phone = matchMedia('(max-width: 599px)');
const tablet = matchMedia('(max-width: 1099px)');

function read(): Width {
    return phone.matches ? 'phone' : tablet.matches ? 'tablet' : 'desktop';
}

export const width = signal<Width>(read());
for (const step of [phone, tablet]) step.addEventListener('change', () => (width.value = read()));
