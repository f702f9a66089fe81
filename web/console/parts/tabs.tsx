/* Views of one thing: links, so that each has its address. */
import { path } from '../../shared/router';

export function Tabs({ label, tabs }: { label: string; tabs: { href: string; label: string }[] }) {
    const here = path.value.replace(/\/$/, '');
    return (
        <nav class="tabs" aria-label={label}>
            {tabs.map((tab) => (
                <a key={tab.href} href={tab.href} aria-current={decodeURI(tab.href) === here ? 'page' : undefined}>{tab.label}</a>
            ))}
        </nav>
    );
}
