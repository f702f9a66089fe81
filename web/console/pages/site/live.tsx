import type { Site } from '../../store/types.gen';
export function LiveTab({ site }: { site: Site }) { return <div>{site.name}</div>; }
