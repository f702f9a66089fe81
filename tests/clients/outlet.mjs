// outlet.mjs: what stands behind a station written by others: it keeps charging profiles, obeys them, and a car takes what it gets.
// Its clock is five minutes slow, so that no lease is counted on (a lease of two minutes would be waited for).
const SLOW_MS = 300e3;
const CAR_A = 32;
const SAMPLE_MS = 400;

const stamp = () => new Date(Date.now() - SLOW_MS).toISOString();

export class Outlet {
  constructor(client, protocol) {
    Object.assign(this, { client, is16: protocol === 'ocpp1.6', profiles: new Map(), sets: [], amps: 0, seqNo: 0, register: 0 });
    client.handle('SetChargingProfile', ({ params }) => this.set(params));
    client.handle('ClearChargingProfile', ({ params }) => this.clear(params));
    client.handle('GetCompositeSchedule', ({ params }) => this.composite(params));
    client.handle('GetConfiguration', () => ({ configurationKey: [], unknownKey: [] }));
    client.handle('GetVariables', ({ params }) => ({ getVariableResult: params.getVariableData.map((asked) => ({ attributeStatus: 'UnknownVariable', ...asked })) }));
    client.handle('GetBaseReport', () => ({ status: 'Accepted' }));
    client.handle('TriggerMessage', () => ({ status: 'NotImplemented' }));
  }

  set(params) {
    const profile = params.csChargingProfiles ?? params.chargingProfile;
    const schedule = [profile.chargingSchedule].flat()[0];
    if (schedule.chargingRateUnit !== 'A') return { status: 'Rejected' };
    const held = { purpose: profile.chargingProfilePurpose, stack: profile.stackLevel, limit: schedule.chargingSchedulePeriod[0].limit };
    this.profiles.set(profile.chargingProfileId ?? profile.id, held);
    this.sets.push(held);
    return { status: 'Accepted' };
  }

  clear(params) {
    const id = params.id ?? params.chargingProfileId;
    const purpose = params.chargingProfilePurpose ?? params.chargingProfileCriteria?.chargingProfilePurpose;
    const gone = [...this.profiles].filter(([key, held]) => (id === undefined || key === id) && (!purpose || held.purpose === purpose));
    for (const [key] of gone) this.profiles.delete(key);
    return { status: gone.length ? 'Accepted' : 'Unknown' };
  }

  // Of each purpose the highest stack level; a session's takes the place of the default, and the maximum lowers both.
  get limit() {
    const of = (purpose) => [...this.profiles.values()].filter((held) => held.purpose === purpose).sort((a, b) => b.stack - a.stack)[0]?.limit;
    const most = of('ChargePointMaxProfile') ?? of('ChargingStationMaxProfile') ?? CAR_A;
    return Math.min((this.transaction && of('TxProfile')) ?? of('TxDefaultProfile') ?? CAR_A, most, CAR_A);
  }

  composite({ duration }) {
    const periods = [{ startPeriod: 0, limit: this.limit }];
    if (this.is16) return { status: 'Accepted', connectorId: 1, scheduleStart: stamp(), chargingSchedule: { duration, chargingRateUnit: 'A', chargingSchedulePeriod: periods } };
    return { status: 'Accepted', schedule: { evseId: 1, duration, scheduleStart: stamp(), chargingRateUnit: 'A', chargingSchedulePeriod: periods } };
  }

  async boot() {
    if (this.is16) await this.client.call('BootNotification', { chargePointVendor: 'Others', chargePointModel: 'outlet' });
    else await this.client.call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'Others', model: 'outlet' } });
    if (this.is16) await this.client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp: stamp() });
    else await this.client.call('StatusNotification', { timestamp: stamp(), connectorStatus: 'Available', evseId: 1, connectorId: 1 });
  }

  get meterValue() {
    const value = (number) => (this.is16 ? String(number) : number);
    const unit = (name) => (this.is16 ? { unit: name } : { unitOfMeasure: { unit: name } });
    return [{ timestamp: stamp(), sampledValue: [
      { value: value(Math.round(this.register)), measurand: 'Energy.Active.Import.Register', ...unit('Wh') },
      ...['L1', 'L2', 'L3'].map((phase) => ({ value: value(this.amps), measurand: 'Current.Import', phase, ...unit('A') }))] }];
  }

  event(eventType, triggerReason, more = {}) {
    return this.client.call('TransactionEvent', { eventType, triggerReason, timestamp: stamp(), seqNo: this.seqNo++, evse: { id: 1, connectorId: 1 },
      transactionInfo: { transactionId: this.transaction, chargingState: 'Charging' }, meterValue: this.meterValue, ...more });
  }

  async plug() {
    if (this.is16) {
      const started = await this.client.call('StartTransaction', { connectorId: 1, idTag: 'OTHERS', meterStart: 0, timestamp: stamp() });
      this.transaction = started.transactionId;
      await this.client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp: stamp() });
    } else {
      this.transaction = `outlet-${Math.random()}`;
      await this.event('Started', 'Authorized', { idToken: { idToken: 'OTHERS', type: 'ISO14443' } });
    }
    this.timer = setInterval(() => this.tell().catch(() => {}), SAMPLE_MS);
  }

  async tell() {
    this.amps = this.limit >= 6 ? this.limit : 0;
    this.register += this.amps * 690 * SAMPLE_MS / 3600e3;
    if (this.is16) await this.client.call('MeterValues', { connectorId: 1, transactionId: this.transaction, meterValue: this.meterValue });
    else await this.event('Updated', 'MeterValuePeriodic');
  }

  stop() {
    clearInterval(this.timer);
  }
}
