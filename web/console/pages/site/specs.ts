/* What can be said of a part of the power document: one row a field. The names are those of the API (PowerDocument). */
import type { Option } from '../../parts/form';
import { type Key, word } from '../../t';
import { type Kind, kinds } from './model';

export interface Spec {
    name: string;
    label: Key;
    kind?: 'number' | 'text' | 'select' | 'check' | 'time' | 'days' | 'months' | 'phases' | 'list';
    unit?: string;
    /* What is stored for one of what is shown: 1000 for kW over W. */
    scale?: number;
    options?: () => Option[];
    hint?: Key;
    placeholder?: string;
    /* Seldom wanted: behind "more". */
    more?: boolean;
    when?: (of: Readonly<Record<string, unknown>>) => boolean;
    /* Of a list: the fields of one of its items, what a new one begins with, and the button for it. */
    items?: readonly Spec[];
    fresh?: Readonly<Record<string, unknown>>;
    add?: Key;
}

const words = (group: string, values: readonly string[], none?: string) => (): Option[] =>
    [...(none === undefined ? [] : [{ value: '', label: none }]), ...values.map((value) => ({ value, label: word(group, value) }))];

const name: Spec = { name: 'name', label: 'col.name', kind: 'text' };
const limitA: Spec = { name: 'limit_a', label: 'power.limit_a', unit: 'A', hint: 'power.limit_a_hint', when: (n) => n.limit_phases_a === undefined };
const limitPhases: Spec = { name: 'limit_phases_a', label: 'power.limit_phases_a', kind: 'phases', unit: 'A', more: true, hint: 'power.limit_phases_hint' };
const limitW: Spec = { name: 'limit_w', label: 'power.limit_w', unit: 'kW', scale: 1000 };
const limits = [limitA, limitW, limitPhases];
const volts: Spec = { name: 'volts', label: 'power.volts', unit: 'V', more: true, placeholder: '230' };

const load: readonly Spec[] = [
    { name: 'load_a', label: 'power.load_a', unit: 'A', hint: 'power.load_hint', when: (n) => n.load_phases_a === undefined },
    { name: 'load_phases_a', label: 'power.load_phases_a', kind: 'phases', unit: 'A', more: true },
    { name: 'load_w', label: 'power.load_w', unit: 'kW', scale: 1000, more: true },
    { name: 'margin_percent', label: 'power.margin_percent', unit: '%', more: true, hint: 'power.margin_hint' },
    { name: 'margin_a', label: 'power.margin_a', unit: 'A', more: true },
    { name: 'solar_peak_w', label: 'power.solar_peak', unit: 'kW', scale: 1000, more: true },
    { name: 'battery_w', label: 'power.battery_w', unit: 'kW', scale: 1000, more: true },
    { name: 'battery_wh', label: 'power.battery_wh', unit: 'kWh', scale: 1000, more: true },
];

const outlet: readonly Spec[] = [
    { name: 'class', label: 'power.class', kind: 'select', options: words('site_class', ['priority', 'plan', 'surplus', 'best_effort'], '–') },
    { name: 'weight', label: 'power.weight', hint: 'power.weight_hint', placeholder: '1', more: true },
    { name: 'min_a', label: 'power.min_a', unit: 'A', placeholder: '6', hint: 'power.min_a_hint', more: true },
    { name: 'step_a', label: 'power.step_a', unit: 'A', more: true },
    { name: 'fail_safe_a', label: 'power.fail_safe_a', unit: 'A', hint: 'power.fail_safe_hint', more: true },
    { name: 'may_suspend', label: 'power.may_suspend', kind: 'check', hint: 'power.may_suspend_hint', more: true },
];

const wiring: readonly Spec[] = [
    { name: 'wires', label: 'power.wires', kind: 'select', options: words('wires', ['L1', 'L2', 'L3', 'L12', 'L23', 'L31', 'unknown'], '–'), hint: 'power.wires_hint' },
    { name: 'rotation', label: 'power.rotation', kind: 'select', options: words('rotation', ['RST', 'STR', 'TRS', 'RTS', 'TSR', 'SRT'], '–'), hint: 'power.rotation_hint' },
    { name: 'current', label: 'power.current', kind: 'select', options: words('current', ['ac', 'dc'], '–'), more: true },
    { name: 'efficiency_percent', label: 'power.efficiency', unit: '%', more: true, when: (n) => n.current === 'dc' },
];

export const nodeSpecs: Record<Kind, readonly Spec[]> = {
    grid: [name, ...limits, ...load, volts],
    transformer: [name, { name: 'primary_volts', label: 'power.primary_volts', unit: 'V', hint: 'power.primary_hint' }, ...limits, volts, ...load],
    panel: [name, ...limits, ...load, volts],
    circuit: [name, ...limits, ...load, volts],
    station: [name, { ...limitA, label: 'power.breaker_a', hint: 'power.breaker_hint' }, ...wiring, ...outlet, limitW],
    evse: [name, { name: 'evse', label: 'power.evse' }, { ...limitA, label: 'power.breaker_a', hint: undefined, more: true }, ...wiring, ...outlet],
};

export const timeSpecs: readonly Spec[] = [
    { name: 'from', label: 'power.from', kind: 'time' },
    { name: 'to', label: 'power.to', kind: 'time' },
    limitA, limitW,
    { name: 'days', label: 'power.days', kind: 'days' },
];

/* One value of an MQTT message. */
export const valueSpecs: readonly Spec[] = [
    { name: 'what', label: 'power.meter_what', kind: 'select', options: words('meter_what', ['power', 'power_l1', 'power_l2', 'power_l3', 'current_l1', 'current_l2', 'current_l3']) },
    { name: 'unit', label: 'power.meter_unit', kind: 'select', options: () => ['W', 'kW', 'A', 'mA'].map((value) => ({ value, label: value })) },
    { name: 'path', label: 'power.meter_path', kind: 'text', placeholder: 'grid.power', hint: 'power.meter_path_hint' },
];

export const meterSpecs: readonly Spec[] = [
    { name: 'id', label: 'power.meter_id', kind: 'text' },
    { name: 'source', label: 'power.meter_source', kind: 'select', options: words('meter_source', ['push', 'modbus', 'mqtt', 'station']) },
    { name: 'measures', label: 'power.meter_measures', kind: 'select', options: words('meter_measures', ['node', 'load', 'solar', 'battery']) },
    { name: 'address', label: 'power.meter_address', kind: 'text', placeholder: '192.168.1.20:502', when: (m) => m.source === 'modbus' || m.source === 'mqtt' },
    { name: 'map', label: 'power.meter_map', kind: 'select', options: words('meter_map', ['sunspec-meter', 'sunspec-meter-float', 'sunspec-inverter', 'eastron-sdm630'], '–'), when: (m) => m.source === 'modbus' },
    { name: 'unit_id', label: 'power.meter_unit_id', placeholder: '1', when: (m) => m.source === 'modbus' },
    { name: 'negate', label: 'power.meter_negate', kind: 'check', when: (m) => m.source === 'modbus' },
    { name: 'topic', label: 'power.meter_topic', kind: 'text', when: (m) => m.source === 'mqtt' },
    { name: 'login', label: 'power.meter_login', kind: 'text', more: true, when: (m) => m.source === 'mqtt' },
    { name: 'password_file', label: 'power.meter_password_file', kind: 'text', more: true, when: (m) => m.source === 'mqtt' },
    { name: 'ca_file', label: 'power.meter_ca_file', kind: 'text', more: true, when: (m) => m.source === 'mqtt' },
    { name: 'values', label: 'power.meter_values', kind: 'list', items: valueSpecs, fresh: { what: 'power', unit: 'W' }, add: 'power.add_value', when: (m) => m.source === 'mqtt' },
    { name: 'station', label: 'col.station', kind: 'text', when: (m) => m.source === 'station' },
    { name: 'stale_after_s', label: 'power.meter_stale', unit: 's', placeholder: '60', hint: 'power.meter_stale_hint' },
    { name: 'safe_a', label: 'power.meter_safe_a', unit: 'A' },
    { name: 'safe_w', label: 'power.meter_safe_w', unit: 'kW', scale: 1000 },
];

export const priceSpecs: readonly Spec[] = [
    { name: 'from', label: 'power.from', kind: 'time' },
    { name: 'to', label: 'power.to', kind: 'time' },
    { name: 'price_minor_per_kwh', label: 'power.price', unit: 'ct/kWh' },
    { name: 'days', label: 'power.days', kind: 'days', more: true },
    { name: 'months', label: 'power.months', kind: 'months', more: true },
];

/* A vehicle of the fleet, known by its token: what it needs each time that it comes, and when it has to be ready. */
export const vehicleSpecs: readonly Spec[] = [
    { name: 'token', label: 'col.token', kind: 'text', hint: 'power.vehicle_token_hint' },
    { name: 'name', label: 'col.name', kind: 'text' },
    { name: 'battery_wh', label: 'power.vehicle_battery', unit: 'kWh', scale: 1000, hint: 'power.vehicle_battery_hint' },
    { name: 'need_wh', label: 'power.vehicle_need', unit: 'kWh', scale: 1000, hint: 'power.need_hint' },
    { name: 'class', label: 'power.class', kind: 'select', options: words('site_class', ['priority', 'plan', 'surplus', 'best_effort'], '–') },
    { name: 'ready_by', label: 'power.ready_by', kind: 'list', items: [{ name: 'days', label: 'power.days', kind: 'days' }, { name: 'at', label: 'power.ready_at', kind: 'time' }], fresh: { at: '06:00' }, add: 'power.add_ready' },
];

export const defaultSpecs: readonly Spec[] = [
    { name: 'need_wh', label: 'power.need', unit: 'kWh', scale: 1000, hint: 'power.need_hint' },
    { name: 'stay_s', label: 'power.stay', unit: 'h', scale: 3600 },
    { name: 'departs_at', label: 'power.departs_at', kind: 'time', hint: 'power.departs_hint' },
];

export const ruleSpecs: readonly Spec[] = [
    { name: 'step_min_a', label: 'power.rule_step', unit: 'A', placeholder: '1' },
    { name: 'hold_s', label: 'power.rule_hold', unit: 's', placeholder: '30' },
    { name: 'switch_s', label: 'power.rule_switch', unit: 's', placeholder: '300' },
    { name: 'turn_s', label: 'power.rule_turn', unit: 's', placeholder: '900' },
    { name: 'ramp_percent_s', label: 'power.rule_ramp', unit: '%/s' },
    { name: 'reclaim_s', label: 'power.rule_reclaim', unit: 's', placeholder: '30' },
    { name: 'lease_s', label: 'power.rule_lease', unit: 's', placeholder: '900', hint: 'power.rule_lease_hint' },
    { name: 'calls_per_s', label: 'power.rule_calls', placeholder: '20' },
];

export const modes = ['equal', 'priority', 'need', 'cheapest', 'greenest', 'surplus'] as const;

/* What may be added under a node of this kind; stations are chosen from those of the site. */
export function addable(kind: Kind): Kind[] {
    return kind === 'station' ? ['evse'] : kind === 'evse' ? [] : kinds.filter((k) => k !== 'grid' && k !== 'evse');
}
