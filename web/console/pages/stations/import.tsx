import { Import } from '../../parts/import';
import { load } from '../../store/live';
import { t } from '../../t';

const columns = 'id, name, site, password, security_profile, registration, heartbeat_interval_s, lenient, note';

export function StationImport({ onClose }: { onClose: () => void }) {
    return (
        <Import title={t('import.stations')} columns={columns} path="/stations/import" onClose={onClose} onDone={() => void load.stations()}
                example={'id,name,site\nCP-0101,Garage West 1,Garage West\nCP-0102,Garage West 2,Garage West'} />
    );
}
