/* No station yet: the one thing to do first. */
import { ConnectSteps } from '../stations/connect';
import { t } from '../../t';

export function FirstRun() {
    return (
        <section class="card pad stack">
            <h1>{t('first.title')}</h1>
            <p>{t('first.why')}</p>
            <ConnectSteps />
        </section>
    );
}
