/* Now: six numbers, what needs a person, how full the sites are, the power of the last hour, who is charging and why so. */
import { PageHead } from '../../frame/head';
import { useEffect } from 'preact/hooks';
import { attentionCount } from '../../store/attention';
import { stations } from '../../store/live';
import { watchAll } from '../../store/now';
import { t } from '../../t';
import { AttentionCard } from './attention';
import { ChargingCard } from './charging';
import { FirstRun } from './first';
import { NextSteps } from './next';
import { PowerCard } from './power';
import { SitesCard } from './sites';
import { SixNumbers } from './six';

const calmMax = 4; // more matters fill a column of their own

export default function NowPage() {
    useEffect(watchAll, []);
    void stations.changed.value;
    const busy = attentionCount.value > calmMax;
    const none = stations.state.value === 'ready' && stations.size === 0;
    return (
        <>
            <PageHead title={t('page.now')}><a class="button" href="/stations?connect=1">{t('connect.title')}</a></PageHead>
            {none ? <FirstRun /> : (
                <>
                    <SixNumbers />
                    <NextSteps />
                    <div class="two">
                        <div class="stack"><AttentionCard />{!busy && <SitesCard />}</div>
                        <div class="stack"><PowerCard />{busy && <SitesCard />}</div>
                    </div>
                    <ChargingCard />
                </>
            )}
        </>
    );
}
