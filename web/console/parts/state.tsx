/* State is a shape, a word and a colour: never colour alone. */
import { word } from '../t';
import type { Connector, ConnectorStatus, SessionState, Station } from '../store/types.gen';

type Look = 'available' | 'charging' | 'preparing' | 'faulted' | 'reserved' | 'offline';

/* 12 × 12; the hole of a ring is cut with the even-odd rule. */
const shapes: Record<Look | 'unavailable', string> = {
    available: 'M6 .5a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11z',
    charging: 'M2 .5 11.500 6 2 11.500z',
    preparing: 'M6 .5a5.500 5.500 0 1 1 0 11zM6 1.700a4.300 4.300 0 0 0 0 8.600L6 11.500A5.500 5.500 0 0 1 6 .5z',
    faulted: 'M6 .5 11.800 11.500H.2z',
    reserved: 'M6 0l6 6-6 6-6-6z',
    unavailable: 'M1 1h10v10H1z',
    offline: 'M5 .6h2v1.500H5zM5 9.900h2v1.500H5zM.6 5h1.500v2H.6zM9.900 5h1.500v2H9.900zM2.600 1.500l1.100 1.100-1.100 1.100-1.100-1.100zM9.400 1.500l1.100 1.100-1.100 1.100-1.100-1.100zM2.600 8.300l1.100 1.100-1.100 1.100-1.100-1.100zM9.400 8.300l1.100 1.100-1.100 1.100-1.100-1.100z',
};

const lookOf: Record<ConnectorStatus | 'offline', keyof typeof shapes> = {
    available: 'available', charging: 'charging',
    occupied: 'preparing', preparing: 'preparing', suspended_ev: 'preparing', suspended_evse: 'preparing', finishing: 'preparing',
    reserved: 'reserved', unavailable: 'unavailable', faulted: 'faulted', unknown: 'offline', offline: 'offline',
};

const urgency: ConnectorStatus[] = ['faulted', 'charging', 'suspended_ev', 'suspended_evse', 'preparing', 'finishing',
    'occupied', 'reserved', 'unavailable', 'available', 'unknown'];

export type StationState = ConnectorStatus | 'offline' | 'pending' | 'rejected';

export function connectorsOf(station: Station): (Connector & { evse: number })[] {
    return station.evses.flatMap((e) => (e.id === 0 ? [] : e.connectors.map((c) => ({ ...c, evse: e.id }))));
}

/* One word for the whole station: the most urgent of its connectors. */
export function stateOf(station: Station): StationState {
    if (!station.connected) return 'offline';
    if (station.registration !== 'accepted') return station.registration;
    const has = new Set(station.evses.flatMap((e) => e.connectors.map((c) => c.status)));
    return urgency.find((status) => has.has(status)) ?? 'unknown';
}

function look(state: string): keyof typeof shapes {
    if (state === 'pending') return 'preparing';
    if (state === 'rejected') return 'faulted';
    return lookOf[state as ConnectorStatus] ?? 'offline';
}

export function Shape({ kind }: { kind: keyof typeof shapes }) {
    return (
        <svg class={`shape ${kind === 'unavailable' ? 'offline' : kind}`} viewBox="0 0 12 12" aria-hidden="true">
            <path d={shapes[kind]} fill-rule="evenodd" />
        </svg>
    );
}

export function State({ state, old }: { state: string; old?: boolean }) {
    const kind = look(state);
    return (
        <span class={`st ${kind === 'unavailable' ? 'offline' : kind}${old ? ' dim' : ''}`}>
            <Shape kind={kind} />
            {word('state', state)}
        </span>
    );
}

const sessionLook: Record<SessionState, keyof typeof shapes> = {
    open: 'charging', ended: 'available', lost: 'preparing', orphan: 'reserved',
};

/* Where there is no room for the word it is for the ear alone; the shape stays. */
export function SessionStateWord({ state, short }: { state: SessionState; short?: boolean }) {
    const kind = sessionLook[state] ?? 'offline';
    return <span class={`st ${kind}`}><Shape kind={kind} /><span class={short ? 'sr' : ''}>{word('session_state', state)}</span></span>;
}

/* A shape for each plug, for lists. */
export function Plugs({ station }: { station: Station }) {
    const plugs = connectorsOf(station);
    const words = plugs.map((c) => `${c.evse}: ${word('state', c.status)}`).join(', ');
    return (
        <span class={`dots${station.connected ? '' : ' dim'}`} role="img" aria-label={words || '–'} title={words}>
            {plugs.slice(0, 8).map((c) => <Shape key={`${c.evse}.${c.id}`} kind={look(c.status)} />)}
        </span>
    );
}
