/* Views of one thing: links, so that each has its address. */
import { useEffect, useRef } from 'preact/hooks';
import { path } from '../../shared/router';

export function Tabs({ label, tabs }: { label: string; tabs: { href: string; label: string }[] }) {
    const here = path.value.replace(/\/$/, '');
    const row = useRef<HTMLElement>(null);
    useEffect(() => {
        const link = row.current?.querySelector<HTMLElement>('[aria-current]');
        if (link && row.current) row.current.scrollLeft = link.offsetLeft - row.current.clientWidth / 3;
    }, [here]);
    return (
        <nav class="tabs" aria-label={label} ref={row}>
            {tabs.map((tab) => (
                <a key={tab.href} href={tab.href} aria-current={decodeURI(tab.href) === here ? 'page' : undefined}>{tab.label}</a>
            ))}
        </nav>
    );
}
