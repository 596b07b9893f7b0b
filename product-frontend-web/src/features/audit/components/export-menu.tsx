import { Download } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { notifyProblem } from "@/components/ui/toasts";
import { exportLog, type Log } from "../api";
import type { AuditFilter } from "../search";
import { words } from "../words";

export default function ExportMenu({ log, filter }: { log: Log; filter: AuditFilter }) {
    const [busy, setBusy] = useState(false);

    async function save(format: "ndjson" | "csv") {
        setBusy(true);
        try {
            const address = URL.createObjectURL(await exportLog(log, format, filter));
            const link = document.createElement("a");
            link.href = address;
            link.download = `audit-log.${format}`;
            link.click();
            URL.revokeObjectURL(address);
        } catch (error) {
            notifyProblem(words.notExported, error);
        }
        setBusy(false);
    }

    return (
        <Menu
            trigger={
                <Button busy={busy}>
                    <Download className="size-4" aria-hidden="true" />
                    {words.export}
                </Button>
            }
        >
            <MenuItem onClick={() => void save("csv")}>{words.exportCsv}</MenuItem>
            <MenuItem onClick={() => void save("ndjson")}>{words.exportNdjson}</MenuItem>
        </Menu>
    );
}
