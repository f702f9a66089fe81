/* The few pictures there are: 24 × 24, drawn with lines in the colour of the text. */
const paths = {
    now: 'M3 12h4l3-8 4 16 3-8h4',
    stations: 'M5 21V5a2 2 0 0 1 2-2h6a2 2 0 0 1 2 2v16M3 21h14M15 11h2a2 2 0 0 1 2 2v3a1.5 1.5 0 0 0 3 0V9l-3-3M10.500 7 8 11h4l-2.500 4',
    sessions: 'M8 6h13M8 12h13M8 18h13M3 6h.01M3 12h.01M3 18h.01',
    access: 'M3 6h18v12H3zM3 10h18M7 15h4',
    sites: 'M12 21s7-6.500 7-11.500A7 7 0 0 0 5 9.500C5 14.500 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
    reports: 'M4 20V10M10 20V4M16 20v-7M22 20H2',
    settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 4.500v5M8 14.500v5',
    find: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20.500 20.500 16 16',
    more: 'M4 7h16M4 12h16M4 17h16',
    bolt: 'M13 2 4 14h7l-1 8 10-13h-7z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
    return (
        <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
             stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d={paths[name]} />
        </svg>
    );
}
