// validator.mjs: judges every frame that voltd sends, by typed-ocpp, which knows nothing of the schemas that voltd was built from.
import { OCPP16, OCPP20, OCPP21 } from 'typed-ocpp';

const BY_PROTOCOL = { 'ocpp1.6': OCPP16, 'ocpp2.0.1': OCPP20, 'ocpp2.1': OCPP21 };

export class Judge {
  constructor(protocol) {
    this.ocpp = BY_PROTOCOL[protocol];
    this.calls = new Map();
    this.faults = [];
    this.count = 0;
  }

  sent(text) {
    const frame = JSON.parse(text);
    if (frame[0] === 2) this.calls.set(frame[1], frame);
  }

  received(text) {
    const frame = JSON.parse(text);
    this.count += 1;
    if (!this.ocpp.validate(frame)) {
      this.faults.push(`${text.slice(0, 300)}: ${JSON.stringify(this.ocpp.validate.errors).slice(0, 300)}`);
    } else if (frame[0] === 3) {
      const call = this.calls.get(frame[1]);
      if (!call) this.faults.push(`an answer to nothing: ${text.slice(0, 200)}`);
      else if (!this.ocpp.checkCallResult(frame, call)) {
        this.faults.push(`${text.slice(0, 300)} to ${call[2]}: ${JSON.stringify(this.ocpp.checkCallResult.errors).slice(0, 300)}`);
      }
    }
  }
}
