"""An audit by people: documents drawn at random, a page to label them, labels that count."""

from wellhead.audit.draw import draw
from wellhead.audit.folder import AuditFolder, begin
from wellhead.audit.result import AuditResult, read_audit

__all__ = ["AuditFolder", "AuditResult", "begin", "draw", "read_audit"]
