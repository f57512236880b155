"""Names other systems give to the columns of the shipment table, in many languages.

`ALIASES` are names that mean one column wherever they stand: a file that uses them needs no
mapping. `HINTS` are words that only suggest a column; `proposals` weighs them with the values.
"""

from __future__ import annotations

from functools import cache

from features.manifest import schema
from features.manifest.synonyms import fold

_PARTY = {
    "shipper": "shipper|shpr|cnor|consignor|exporter|sender|seller|发货人|發貨人|托运人|付货人|寄件人|người gửi|người gửi hàng|người xuất khẩu|"
    "ผู้ส่ง|ผู้ส่งออก|ผู้ส่งสินค้า|송하인|수출자|荷送人|pengirim|eksportir|remitente|expedidor|exportador|expéditeur|"
    "expediteur|embarcador|remetente|отправитель|грузоотправитель|المرسل|الشاحن|المصدر",
    "consignee": "consignee|cnee|csgn|importer|receiver|recipient|addressee|buyer|收货人|收貨人|收件人|进口商|người nhận|người nhận hàng|"
    "người nhập khẩu|ผู้รับ|ผู้รับสินค้า|ผู้นำเข้า|수하인|수입자|荷受人|penerima|importir|destinatario|consignatario|importador|"
    "destinataire|destinatário|importateur|получатель|грузополучатель|المرسل إليه|المستورد",
    "notify": "notify|notify party|notifier|notify1|通知人|通知方|bên được thông báo|ผู้รับแจ้ง|통지처|通知先|notificado|notificar a|"
    "partie à notifier|notifié|уведомляемая сторона|جهة الإشعار",
}
_PARTY_FIELDS = {
    "name": "name|names|nm|nme|company|full name|名称|名稱|姓名|tên|ชื่อ|nombre|nom|nome",
    "address": "address|addr|adr|地址|địa chỉ|ที่อยู่|주소|住所|alamat|dirección|direccion|adresse|endereço|адрес|العنوان",
    "country": "country|country code|ctry|nation|国家|國家|nước|quốc gia|ประเทศ|국가|pais|país|pays|страна",
    "id": "id|code|tin|tax id|tax no|tax number|taxcode|tax code|vat|vat no|eori|reg no|registration no|税号|mã số thuế|เลขประจำตัวผู้เสียภาษี|"
    "사업자번호|ruc|nit|rfc|npwp|инн",
    "phone": "phone|tel|telephone|phone no|mobile|电话|電話|điện thoại|โทรศัพท์|전화|teléfono|telefono|téléphone",
    "email": "email|e-mail|mail|电邮|邮箱",
}

_ALIASES = {
    "shipment_id": "shipmentid|shipment no|shipment number|house bl|house bill|house bill no|hbl|hbl no|hbl number|house b/l|hawb|hawb no|house awb|"
    "bl no|bl number|b/l no|b/l number|b/l|bl|bill no|bill number|bill of lading|bill of lading no|bill of lading number|bol|bol no|bol id|bol reference|"
    "bl_awb_no|awb|awb no|awb number|air waybill|air waybill no|waybill|waybill no|waybill number|item id|s10|s10 id|postal item id|tracking number|tracking no|consignment id|consignment no|"
    "control_number|提单号|提單號|提单编号|分单号|分提单号|运单号|số vận đơn|vận đơn|ເລກໃບຕາສົ່ງ|เลขที่ใบตราส่ง|ใบตราส่งสินค้า|선하증권번호|船荷証券番号|nomor bl|no bl|"
    "conocimiento de embarque|número de conocimiento|guia aérea|connaissement|n° connaissement|conhecimento|коносамент|номер коносамента|رقم البوليصة|بوليصة الشحن",
    "master_id": "master bl|master bill|master bill no|mbl|mbl no|mbl number|master b/l|mawb|mawb no|master awb|主单号|主提单号|vận đơn chủ|master bill number",
    "manifest_id": "manifest|manifest no|manifest number|manifest ref|rotation number|rotation no|cargo manifest no|舱单号|艙單號|số manifest|số bản lược khai|เลขที่บัญชีสินค้า|적하목록번호|manifiesto|número de manifiesto|manifeste|manifesto",
    "registration_number": "registration no|reg no|registration reference|registration ref|登记号",
    "line_number": "line|line no|line number|item no|item number|seq|seq no|sequence|序号|stt|ลำดับ|bl line no",
    "declaration_id": "declaration no|declaration number|declaration id|entry no|entry number|报关单号|số tờ khai|เลขที่ใบขน|신고번호|dua|declaración",
    "customs_office": "office|office code|customs office code|port code|customs station|office id|关区|chi cục hải quan|ด่านศุลกากร|세관|aduana|bureau",
    "mode": "mode of transport|transport mode|transport_mode|mot|mode transport|shipping mode|运输方式|運輸方式|phương thức vận chuyển|วิธีการขนส่ง|운송수단|modo de transporte|mode de transport|modalidade",
    "direction": "movement|movement type|cargo type|bol nature|trade direction|traffic|import export|import_export|regime|进出口|hướng",
    "known_at": "received at|lodged at|lodgement date|submitted at|submission date|declaration date|registration date|transmission date|message time|created at",
    "arrives_at": "eta|arrival date|date of arrival|arrival|ata|arrival time|estimated arrival|expected arrival|到达日期|到港日期|预计到港|抵港日期|ngày đến|ngày tàu đến|วันที่มาถึง|วันที่เข้า|도착일|입항일|入港日|fecha de llegada|fecha llegada|date d'arrivée|date arrivee|data de chegada|дата прибытия|تاريخ الوصول",
    "available_until": "release by|release date|onward departure|free until|last free day",
    "location": "terminal|shed|warehouse|uld|berth|storage location|仓库",
    "lane": "channel|risk channel|selectivity lane|customs lane|luồng|通道",
    "trusted_trader": "aeo|aeo status|authorised trader|trusted",
    "broker_name": "broker|customs broker|agent|clearing agent|declarant|declarant name|forwarder|报关行|đại lý hải quan|ตัวแทนออกของ|관세사|agente de aduana|déclarant|despachante",
    "carrier_name": "carrier|shipping line|airline|carrier code|liner|承运人|hãng tàu|สายเรือ|선사|transportista|naviera|transporteur",
    "bill_level": "bl type|bl_type|bill type|bol type|awb type|b/l type|bill_level|提单类型",
    "is_consolidation": "consolidation|consolidated|is consolidated|consol",
    "items": "item lines|goods items",
    "goods_description": "description|goods|goods desc|description of goods|goods description|cargo description|commodity description|commodity|commodity name|cargo|article|article description|item description|nature of goods|contents|content|content description|product|product description|merchandise|货名|貨名|品名|货物名称|貨物名稱|货物描述|商品名称|货描|mô tả hàng hóa|tên hàng|hàng hóa|mô tả|รายละเอียดสินค้า|ชื่อสินค้า|สินค้า|품명|상품명|화물명|品目|商品名|uraian barang|deskripsi barang|nama barang|descripción|descripcion|descripción de la mercancía|descripcion mercancia|mercancía|mercancia|mercadería|désignation|designation|description des marchandises|marchandise|marchandises|descrição|descrição da mercadoria|mercadoria|описание товара|наименование товара|товар|وصف البضاعة|البضاعة",
    "marks": "marks and numbers|marks & numbers|marks nos|shipping marks|marks_numbers|唛头|嘜頭|ký mã hiệu|เครื่องหมายหีบห่อ|화인|marcas|marques",
    "hs_codes": "hs code|hscode|hs|hs_code|hs codes|tariff|tariff code|commodity code|hts|hts code|hs6|hs6 code|hs number|taric|ncm|nandina|海关编码|税则号|商品编码|税号hs|mã hs|พิกัด|พิกัดศุลกากร|세번|세번부호|hsコード|pos tarif|kode hs|partida arancelaria|código arancelario|position tarifaire|nomenclature|código ncm|код тнвэд|код тн вэд|رمز النظام المنسق|البند الجمركي",
    "permit_refs": "permit|permits|permit no|permit number|licence|license|licence no|license no|cites|cites permit|cites permit no|certificate no|许可证号|giấy phép|ใบอนุญาต|permiso|permis",
    "handling_codes": "handling|special handling|special handling code|shc|sph|handling code",
    "origin_country": "origin|origin country|country of origin|country_origin|coo|origin ctry|country origin|原产国|原產國|原产地|xuất xứ|nước xuất xứ|ประเทศต้นกำเนิด|ประเทศกำเนิด|원산지|原産国|negara asal|país de origen|pais de origen|pays d'origine|pays origine|país de origem|страна происхождения|بلد المنشأ",
    "loading_port": "port of loading|loading port|pol|load port|port loading|place of loading|airport of departure|departure port|origin port|装货港|裝貨港|起运港|启运港|cảng xếp hàng|cảng xếp|ท่าต้นทาง|ท่าเรือต้นทาง|เมืองท่าต้นทาง|선적항|적재항|積港|船積港|pelabuhan muat|puerto de carga|puerto de embarque|port de chargement|porto de carga|порт погрузки|ميناء الشحن",
    "transhipment_ports": "transhipment|transhipment port|transshipment port|transshipment ports|port of transhipment|via|via port|t/s port|routing|中转港|cảng chuyển tải|puerto de trasbordo",
    "discharge_port": "port of discharge|discharge port|pod|port discharge|place of unloading|unloading port|port of unloading|airport of destination|arrival port|卸货港|卸貨港|目的港|cảng dỡ hàng|cảng dỡ|ท่าปลายทาง|ท่าเรือปลายทาง|양하항|揚港|仕向港|pelabuhan bongkar|puerto de descarga|port de déchargement|port de dechargement|porto de descarga|порт выгрузки|ميناء التفريغ",
    "delivery_place": "place of delivery|final destination|delivery|place delivery|final place of delivery|place of destination|交货地|交貨地|nơi giao hàng|สถานที่ส่งมอบ|lugar de entrega|lieu de livraison",
    "destination_country": "destination country|country of destination|destination|dest country|country dest|目的国|nước đến|ประเทศปลายทาง|도착국|país de destino|pays de destination",
    "gross_weight_kg": "gross weight|gross_weight|gross wt|gross mass|gw|g.w.|gross kg|gross weight (kg)|gross weight kgs|weight kg|weight_kg|total weight|grs wt|毛重|trọng lượng|trọng lượng cả bì|tổng trọng lượng|น้ำหนักรวม|น้ำหนัก|น้ำหนักสุทธิรวม|총중량|중량|総重量|berat kotor|bruto|peso bruto|poids brut|вес брутто|الوزن الإجمالي",
    "net_weight_kg": "net weight|net_weight|net wt|net mass|nw|n.w.|net kg|net weight (kg)|净重|淨重|trọng lượng tịnh|น้ำหนักสุทธิ|순중량|正味重量|netto|peso neto|poids net|peso líquido|вес нетто|الوزن الصافي",
    "packages": "package_qty|package qty|packages no|no of packages|number of packages|no. of pkgs|nb packages|pkgs|pkg|pieces|pcs|total pieces|package count|colli|qty packages|件数|件數|số kiện|số lượng kiện|จำนวนหีบห่อ|จำนวนห่อ|포장개수|個数|jumlah kemasan|bultos|número de bultos|nombre de colis|colis|volumes|кол-во мест|число мест|عدد الطرود",
    "package_type": "package kind|kind of packages|pkg type|package type code|packaging|package_kind|包装种类|包装|loại kiện|ลักษณะหีบห่อ|포장종류|tipo de bulto|type de colis",
    "volume_m3": "volume|cbm|measurement|m3|volume_cbm|cube|体积|體積|thể tích|ปริมาตร|용적|容積|volumen",
    "declared_value": "value|customs value|invoice value|declared value|cif value|fob value|total value|invoice amount|item price|goods value|货值|申报价值|价值|trị giá|giá trị|มูลค่า|ราคา|신고가격|申告価格|nilai|valor|valor declarado|valor fob|valor cif|valeur|стоимость|القيمة",
    "currency": "curr|ccy|currency code|value currency|币种|币制|loại tiền|สกุลเงิน|통화|通貨|mata uang|moneda|devise|moeda|валюта|العملة",
    "container_ids": "container|container no|container number|container numbers|containers|container_no|cntr|cntr no|ctn reference|unit id|equipment id|集装箱号|柜号|箱号|số container|số cont|หมายเลขตู้|หมายเลขตู้คอนเทนเนอร์|컨테이너번호|コンテナ番号|nomor kontainer|contenedor|número de contenedor|conteneur|контейнер|رقم الحاوية",
    "container_types": "container type|container size|iso type|size type|container_type|箱型|loại container|ขนาดตู้|tipo de contenedor|type de conteneur",
    "container_load_status": "fcl_lcl|fcl lcl|fcl/lcl|load status|load type|full empty|empty full|container status",
    "is_refrigerated": "reefer|refrigerated|temperature controlled|is reefer|冷藏",
    "seal_ids": "seal|seal no|seals|seal number|seal numbers|seal_no|封号|封条号|số chì|số seal|หมายเลขซีล|봉인번호|precinto|scellé",
    "vessel_or_flight": "vessel|vessel name|ship|ship name|flight|flight no|flight number|vessel/flight|conveyance|conveyance name|means of transport|transport name|truck|truck no|船名|航班|航班号|船名航次|tàu|tên tàu|chuyến bay|ชื่อเรือ|เรือ|เที่ยวบิน|선박명|편명|nama kapal|buque|nave|navire|navio|судно|рейс|اسم السفينة",
    "voyage": "voyage no|voyage number|voy|voy no|航次|số chuyến|เที่ยวเรือ|항차|viaje|n° voyage|viagem",
    "amendment_count": "amendments|no of amendments|amendment number|revisions",
    "last_amended_at": "last amended|amended at|amendment date|last update",
    "inspected_at": "inspection date|inspected|date inspected|exam date|examination date",
    "inspection_type": "inspection|exam type|examination type|type of inspection",
    "outcome": "result|finding|inspection result|exam result|inspection outcome",
    "outcome_status": "result status",
    "selected_by": "selection|selection source|selected|reason for selection",
    "found_taxa": "taxa|species found|taxon",
    "found_quantity": "quantity found|seized quantity",
}

#: Words inside a column's name that suggest a canonical column (folded, matched as a part).
HINTS: dict[str, tuple[str, ...]] = {
    "shipment_id": ("bill", "waybill", "hawb", "hbl", "awb", "shipment", "consignment", "提单", "vậnđơn", "ใบตรา"),
    "shipper_name": ("shipper", "consignor", "export", "sender", "seller", "supplier"),
    "consignee_name": ("consignee", "import", "receiver", "buyer", "recipient"),
    "goods_description": ("desc", "goods", "commodity", "product", "merch", "cargo", "article", "content", "hàng", "สินค้า", "货"),
    "gross_weight_kg": ("weight", "mass", "peso", "poids", "kg", "重", "nặng", "น้ำหนัก"),
    "packages": ("pack", "pkg", "piece", "carton", "colli", "qty", "quantity", "件", "kiện"),
    "declared_value": ("value", "price", "amount", "valor", "valeur", "invoice"),
    "loading_port": ("load", "departure", "from", "embark"),
    "discharge_port": ("discharge", "unload", "arrival", "to"),
    "origin_country": ("origin", "made", "origen"),
    "destination_country": ("destin",),
    "arrives_at": ("arriv", "eta", "date", "fecha", "ngày", "วันที่", "日期"),
    "container_ids": ("contain", "cntr", "equipment"),
    "seal_ids": ("seal",),
    "hs_codes": ("hs", "tariff", "commoditycode"),
    "vessel_or_flight": ("vessel", "ship", "flight", "plane", "truck"),
    "carrier_name": ("carrier", "line", "airline"),
    "outcome": ("result", "outcome", "fraud", "action", "finding"),
}


@cache
def aliases() -> dict[str, str]:
    """Return folded source names -> canonical column, for every name that means only one."""
    table: dict[str, str] = {}
    for role, words in _PARTY.items():
        for word in words.split("|"):
            table.setdefault(fold(word), f"{role}_name")
            for part, suffixes in _PARTY_FIELDS.items():
                for suffix in suffixes.split("|"):
                    table.setdefault(fold(word + suffix), f"{role}_{part}")
    for name, words in _ALIASES.items():
        for word in words.split("|"):
            table[fold(word)] = name
    table.update({fold(name): name for name in schema.BY_NAME})
    table.pop("", None)
    return table


def recognise(names: list[str]) -> dict[str, list[str]]:
    """Return canonical column -> the source columns whose name means it, best first.

    A canonical name itself comes before any alias; among aliases the order of the file counts,
    except that a house bill comes before a master bill or a bill of unstated level.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        if canonical := aliases().get(fold(name)):
            found.setdefault(canonical, []).append(name)
    for canonical, sources in found.items():
        sources.sort(key=lambda name: (fold(name) != fold(canonical), _level(name) if canonical == "shipment_id" else 0))
    return found


def _level(name: str) -> int:
    folded = fold(name)
    house = folded.startswith(("house", "hbl", "hawb", "分"))
    return 0 if house else 1
