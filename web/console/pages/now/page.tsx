/* Now: six numbers, what needs a person, the power of the last hour, who is charging. */
import { PageHead } from '../../frame/head';
import { stations } from '../../store/live';
import { t } from '../../t';
import { AttentionCard } from './attention';
import { ChargingCard } from './charging';
import { FirstRun } from './first';
import { PowerCard } from './power';
import { SixNumbers } from './six';

export default function NowPage() {
    void stations.changed.value;
    const none = stations.state.value === 'ready' && stations.size === 0;
    return (
        <>
            <PageHead title={t('page.now')}><a class="button" href="/stations?connect=1">{t('connect.title')}</a></PageHead>
            {none ? <FirstRun /> : (
                <>
                    <SixNumbers />
                    <div class="two"><AttentionCard /><PowerCard /></div>
                    <ChargingCard />
                </>
            )}
        </>
    );
}
