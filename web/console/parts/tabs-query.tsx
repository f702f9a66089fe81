/* Views that differ in one parameter of the address. */
import { place } from '../../shared/router';

interface Props {
    name: string;
    label: string;
    tabs: { value: string; label: string }[];
    chosen: string;
}

export function QueryTabs({ name, label, tabs, chosen }: Props) {
    const href = (value: string) => {
        const query = new URLSearchParams(place.value.query);
        query.set(name, value);
        return `${place.value.path}?${query.toString()}`;
    };
    return (
        <nav class="tabs" aria-label={label}>
            {tabs.map((tab) => <a key={tab.value} href={href(tab.value)} aria-current={tab.value === chosen ? 'page' : undefined}>{tab.label}</a>)}
        </nav>
    );
}
